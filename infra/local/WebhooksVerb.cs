using System.Globalization;
using System.Text;
using Dapper;
using Npgsql;
using Portal.Foundation.Db;
using Portal.LocalVendors;

namespace Portal.Local;

/// <summary>
/// <c>webhooks capture|replay &lt;file&gt;</c>: takes the events out of a local portal's inbox, and sends such a file to the one that
/// runs. A file of captured events holds what the vendors said about people: it stays on this machine.
/// </summary>
internal static class WebhooksVerb
{
    public static async Task<int> RunAsync(
        LauncherArguments arguments, TextWriter output, IProgress<string> progress, TimeProvider clock, CancellationToken ct)
    {
        // Read before anything is started for nothing.
        var file = arguments.Replays ? await File.ReadAllTextAsync(arguments.File!, ct) : "";
        var captured = Read(file);
        await using var database = await LocalDatabase.OpenAsync(arguments, progress, ct);
        if (!arguments.Replays)
        {
            return await CaptureAsync(database.Data, arguments.File!, output, ct);
        }

        var options = (
            Mux: new LocalMuxOptions { Database = database.Address }, Clerk: new LocalClerkOptions { Database = database.Address },
            Resend: new LocalResendOptions { Database = database.Address });
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(database.App), NpgsqlDataSource.Create(database.System));
        using var app = new HttpClient
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{arguments.Port}")),
        };
        var replay = new WebhookReplay(
            app, database.Data, new PortalDb(sources), new(
                options.Mux.WebhookSecret, options.Clerk.WebhookSecret, options.Resend.WebhookSecret), clock, output);
        return await replay.RunAsync(file, captured, arguments.Replay, arguments.Seed, ct) ? 0 : 1;
    }

    /// <exception cref="UsageException">A line is no captured event.</exception>
    public static IReadOnlyList<CapturedWebhook> Read(string file) =>
        [.. file.Split('\n').Select((line, index) => (Line: line.Trim(), Number: index + 1)).Where(line => line.Line.Length > 0)
            .Select(line => CapturedWebhook.Read(line.Line, line.Number))];

    /// <summary>In the order they came.</summary>
    public static async Task<int> CaptureAsync(NpgsqlDataSource data, string path, TextWriter output, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        var count = 0;
        await using (var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            await foreach (var (provider, id, body) in connection.QueryUnbufferedAsync<(string Provider, string Id, string Body)>(
                "select provider, event_id, body from portal.webhook_inbox where provider = any(@Providers) order by received_at, id",
                new { CapturedWebhook.Providers }))
            {
                await file.WriteLineAsync(new CapturedWebhook(provider, provider == "mux" ? null : id, body).Line().AsMemory(), ct);
                count++;
            }
        }

        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{count} events in {path}. They hold what vendors said about people: keep the file on this machine."));
        return 0;
    }
}
