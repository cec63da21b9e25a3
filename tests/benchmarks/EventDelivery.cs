using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using Portal.Tests.Support;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Mails per second from the sweep to the local Resend, each through an orchestration of its own; beside them what the same Resend takes
/// when it is called directly. All in one process on the tests' database, which does not wait for its disk.
/// </summary>
public static class EventDelivery
{
    private const int Connections = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task RunAsync(int count)
    {
        var portal = new TestPortal();
        try
        {
            await portal.InitializeAsync();

            // Resend tells of each mail later, on the path that webhook-ingest measures: of both rounds it would be another share.
            portal.Resend.WebhookUrl = null;
            await OneRoundAsync(portal, 100);
            await RawAsync(portal, 100);
            await using var server = NpgsqlDataSource.Create(portal.Database.Admin);
            await using var meter = await ServerMeter.OpenAsync(server);
            var beforeRaw = await CostAsync(meter);
            var raw = await RawAsync(portal, count);
            var before = await CostAsync(meter);
            var took = await OneRoundAsync(portal, count);
            var after = await CostAsync(meter);
            BenchmarkLine.Print("events-deliver", new()
            {
                ["count"] = count,
                ["seconds"] = Math.Round(took.TotalSeconds, 3),
                ["per_s"] = Math.Round(count / took.TotalSeconds, 1),
                ["raw_per_s"] = Math.Round(raw, 1),
                ["ratio"] = Math.Round(count / took.TotalSeconds / raw, 2),
                // Of the app and the local Resend together; another process's load leaves these as they are.
                ["here_cpu_us"] = Math.Round((after.Here - before.Here).TotalMicroseconds / count),
                ["raw_here_cpu_us"] = Math.Round((before.Here - beforeRaw.Here).TotalMicroseconds / count),
                ["server_cpu_us"] = Math.Round((after.Server - before.Server).TotalMicroseconds / count),
                ["raw_server_cpu_us"] = Math.Round((before.Server - beforeRaw.Server).TotalMicroseconds / count),
            });
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }

    private static async Task<(TimeSpan Here, TimeSpan Server)> CostAsync(ServerMeter meter) =>
        (ProcessMeter.Read().Cpu, (await meter.ReadAsync()).Cpu);

    /// <summary>Projects of one member each: an event, a notification and a mail.</summary>
    private static async Task<TimeSpan> OneRoundAsync(TestPortal portal, int count)
    {
        await portal.ScalarAsync<int>("""
            with made as (
                insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
                select gen_random_uuid(), @tenant, 'Project', @admin, @now, @now from generate_series(1, @count) returning id),
            joined as (insert into portal.project_members (tenant_id, project_id, user_id, added_at) select @tenant, id, @crew, @now
            from made),
            told as (
                insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
                select gen_random_uuid(), @tenant, 'project', id, 'project_created', '{}', @admin, @now from made returning 1)
            select count(*)::int from told
            """,
            new
            {
                tenant = TestPeople.Tenant,
                admin = TestPeople.UserId("admin"),
                crew = TestPeople.UserId("crew1"),
                count,
                now = portal.Clock.GetUtcNow(),
            });
        var watch = Stopwatch.StartNew();
        await portal.Host.RunTimerAsync("SweepOutbox");
        while (await portal.ScalarAsync<bool>("select exists (select from portal.deliveries where status in ('pending', 'sending'))"))
        {
            if (watch.Elapsed > Limit)
            {
                throw new TimeoutException($"Not all delivered within {Limit}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return watch.Elapsed;
    }

    private static async Task<double> RawAsync(TestPortal portal, int count)
    {
        var left = count;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var http = new HttpClient { BaseAddress = portal.Resend.ApiUrl };
            http.DefaultRequestHeaders.UserAgent.ParseAdd("benchmark/1");
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "re_local_key");
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/emails");
                request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
                request.Content = new StringContent(
                    """{"from":"a@portal.example","to":"b@portal.example","subject":"Project","text":"Some words"}""", Encoding.UTF8, "application/json");
                using var response = await http.SendAsync(request);
                response.EnsureSuccessStatusCode();
            }
        })));
        return count / watch.Elapsed.TotalSeconds;
    }
}
