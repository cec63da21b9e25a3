using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Functions;
using Portal.LocalVendors;
using Portal.Postgres;
using Portal.Runtime;
using Portal.Tests.Support;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Signed Mux events a second through <c>POST /api/webhooks/mux</c> beside raw Npgsql inserting the same row, over as many connections to
/// the same database in the same run. <c>webhook-ingest</c> is intake alone, of a type that nobody looks at; its goal is a ratio of 0.5 or
/// more. <c>webhook-handled</c> goes the whole way: stored, looked up, marked. Signing is Mux's work and is done before.
/// </summary>
public static class WebhookIngest
{
    private const int Connections = 32;
    private const int Warm = 2_000;

    private const string RawInsert = """
        insert into portal.webhook_inbox (provider, event_id, type, body, next_attempt_at, received_at)
        values ('mux', $1, $2, $3, $4, $5) on conflict do nothing
        """;

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
        await Migrator.ApplyAsync(database.ConnectionString);
        await using var mux = await LocalMux.StartAsync(new LocalMuxOptions { Database = database.ConnectionString });
        await using var clerk = await LocalClerk.StartAsync(new LocalClerkOptions { Database = database.ConnectionString });
        await using var resend = await LocalResend.StartAsync(new LocalResendOptions { Database = database.ConnectionString });
        await using var pagerDuty = await LocalPagerDuty.StartAsync(new LocalPagerDutyOptions { Database = database.ConnectionString });
        await using var blob = await LocalBlob.StartAsync(new LocalBlobOptions { Database = database.ConnectionString });
        var port = TestSettings.FreePort();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        var roles = (As(database, "portal_app"), As(database, "portal_system"));
        await using var host = await FunctionsHost.StartAsync(new FunctionsHostOptions
        {
            ContentRoot = AppContext.BaseDirectory,
            Functions = typeof(PortalApp).Assembly,
            ConfigureApp = app => app.AddPortal(),
            DurableDatabase = database.ConnectionString,
            Port = port,
            Settings = await TestSettings.MakeAsync(roles, mux, clerk, resend, blob, pagerDuty, address),
            TimersEnabled = false,
            ConfigureLogging = logging => logging.ClearProviders(),
        });
        await using var raw = NpgsqlDataSource.Create(roles.Item2);
        using var http = new HttpClient(
            new SocketsHttpHandler { MaxConnectionsPerServer = Connections, UseCookies = false })
        { BaseAddress = host.Address };
        var count = arguments.Count ?? 20_000;
        foreach (var (name, type) in new[] { ("webhook-ingest", "video.upload.created"), ("webhook-handled", "video.asset.updated") })
        {
            if (arguments.Wants(name))
            {
                await RunAsync(name, type, count, mux.WebhookSecret, http, raw, database.ConnectionString);
            }
        }
    }

    private static async Task RunAsync(
        string name, string type, int count, string secret, HttpClient http, NpgsqlDataSource raw, string admin)
    {
        // Once through both, so that nothing measured pays for the compiler or for empty pools.
        await MeasureAsync(Events(type, Warm), e => InsertAsync(raw, e));
        await MeasureAsync(Sign(Events(type, Warm), secret), e => PostAsync(http, e));

        // Raw before and after: the mean of both is what this machine did in these minutes.
        await EmptyAsync(admin);
        var before = await MeasureAsync(Events(type, count), e => InsertAsync(raw, e));
        await EmptyAsync(admin);
        var ours = await MeasureAsync(Sign(Events(type, count), secret), e => PostAsync(http, e));
        await CheckAsync(admin, count);
        await EmptyAsync(admin);
        var after = await MeasureAsync(Events(type, count), e => InsertAsync(raw, e));

        var perSecond = count / ours.Took.TotalSeconds;
        var limit = ((count / before.Took.TotalSeconds) + (count / after.Took.TotalSeconds)) / 2;
        var sorted = ours.Milliseconds.Order().ToArray();
        BenchmarkLine.Print(name, new()
        {
            ["connections"] = Connections,
            ["per_s"] = Math.Round(perSecond, 1),
            ["p50_ms"] = Math.Round(sorted[sorted.Length / 2], 2),
            ["p99_ms"] = Math.Round(sorted[(int)(sorted.Length * 0.99)], 2),
            ["raw_per_s"] = Math.Round(limit, 1),
            ["ratio"] = Math.Round(perSecond / limit, 2),
        });
    }

    private static async Task<(
        TimeSpan Took, IReadOnlyCollection<double> Milliseconds)> MeasureAsync<T>(IReadOnlyList<T> events, Func<T, Task> send)
    {
        var times = new ConcurrentBag<double>();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(events, new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (e, _) =>
        {
            var since = Stopwatch.GetTimestamp();
            await send(e);
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        });
        return (watch.Elapsed, times);
    }

    private static List<Event> Events(string type, int count) => [.. Enumerable.Range(0, count).Select(_ => Event.Of(type))];

    private static List<SignedEvent> Sign(List<Event> events, string secret) =>
        [
            .. events.Select(
                e =>
                    new SignedEvent(
                        Encoding.UTF8.GetBytes(e.Body), MuxWebhookSender.Sign(secret, TimeProvider.System.GetUtcNow(), e.Body)))
        ];

    private static async Task InsertAsync(NpgsqlDataSource data, Event e)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var command = data.CreateCommand(RawInsert);
        command.Parameters.Add(new() { Value = e.Id });
        command.Parameters.Add(new() { Value = e.Type });
        command.Parameters.Add(new() { Value = e.Body });
        command.Parameters.Add(new() { Value = now.AddSeconds(30).UtcDateTime });
        command.Parameters.Add(new() { Value = now.UtcDateTime });
        await command.ExecuteNonQueryAsync();
    }

    private static async Task PostAsync(HttpClient http, SignedEvent e)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/webhooks/mux", UriKind.Relative))
        { Content = new ByteArrayContent(e.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Mux-Signature", e.Signature);
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>A figure for events that were not kept, or not finished, would be worth nothing.</summary>
    private static async Task CheckAsync(string admin, int count)
    {
        await using var connection = new NpgsqlConnection(admin);
        var processed = await connection.ExecuteScalarAsync<long>("select count(*) from portal.webhook_inbox where status = 'processed'");
        if (processed != count)
        {
            throw new InvalidOperationException($"{processed} of {count} events were processed.");
        }
    }

    private static async Task EmptyAsync(string admin)
    {
        await using var connection = new NpgsqlConnection(admin);
        await connection.ExecuteAsync("truncate portal.webhook_inbox; checkpoint");
    }

    private static string As(BenchmarkDatabase database, string role)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = Connections };
        builder.Options = $"{builder.Options} -c role={role}".TrimStart();
        return builder.ConnectionString;
    }

    private sealed record SignedEvent(byte[] Body, string Signature);

    /// <summary>Of the size and shape that Mux sends, about an asset that somebody else made.</summary>
    private sealed record Event(string Id, string Type, string Body)
    {
        public static Event Of(string type)
        {
            var id = Guid.NewGuid().ToString();
            return new(id, type, $$"""
                {"type":"{{type}}","request_id":null,"object":{"type":"asset","id":"{{id}}"},"id":"{{id}}","environment":{"name":"Production","id":"qqwxrd"},
                "data":{"tracks":[{"type":"video","max_width":1920,"max_height":1080,"max_frame_rate":25,"id":"IBrUlW8bJ7","duration":23.857167},{"type":"audio",
                "max_channels":2,"max_channel_layout":"stereo","id":"qzhgM02","duration":23.859}],"status":"ready","playback_ids":[{"policy":"signed","id":"{{id}}"}],
                "max_stored_resolution":"HD","max_stored_frame_rate":25,"master_access":"none","id":"{{id}}","duration":23.892,"created_at":1772442000,
                "aspect_ratio":"16:9"},"created_at":"2026-03-02T09:00:00.000000Z","attempts":[],"accessor_source":null,"accessor":null}
                """);
        }
    }
}
