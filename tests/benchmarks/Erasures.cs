using System.Diagnostics;
using Dapper;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// Guests erased in one go, from the first request through the front door to the last certificate: a link's guest each, whom webhooks of
/// Resend name, beside as many webhooks and answers that name others. What a thousand of them cost must not grow with how many there are.
/// </summary>
public static class Erasures
{
    /// <summary>A thousand erasures of the largest batch may take as many times that of the smallest.</summary>
    private const double MostGrowth = 1.5;
    private const int Asking = 8;
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(11);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int[] sizes = arguments.Count is { } count ? [count] : arguments.Small ? [100, 300] : [1_000, 3_000, 10_000];
        var portal = new TestPortal { Overrides = SampleWorld.NoLimits };
        try
        {
            await portal.InitializeAsync();
            await BatchAsync(portal, 100);
            double? smallest = null;
            foreach (var size in sizes)
            {
                var (asked, done) = await BatchAsync(portal, size);
                var each = (asked + done).TotalSeconds / size * 1000;
                smallest ??= each;
                BenchmarkLine.Print("erasures", new()
                {
                    ["count"] = size,
                    ["asked_s"] = Math.Round(asked.TotalSeconds, 1),
                    ["erased_s"] = Math.Round(done.TotalSeconds, 1),
                    ["per_1000_s"] = Math.Round(each, 1),
                    ["limit_per_1000_s"] = Math.Round(smallest.Value * MostGrowth, 1),
                    ["is_linear"] = each <= smallest.Value * MostGrowth,
                });
            }
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }

    private static async Task<(TimeSpan Asked, TimeSpan Done)> BatchAsync(TestPortal portal, int size)
    {
        await SeedAsync(portal, size);
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(1, size), new ParallelOptions { MaxDegreeOfParallelism = Asking }, async (n, _) =>
            {
                var body = new { kind = "guest", email = $"guest{n}@batch{size}.example" };
                (await portal.As("compliance").PostAsync("/api/erasures", body, $"batch-{size}-{n}")).Expect(201);
            });
        var asked = watch.Elapsed;
        while (await LeftAsync(portal) > 0)
        {
            if (watch.Elapsed > Limit)
            {
                throw new TimeoutException($"{await LeftAsync(portal)} of {size} erasures are not done within {Limit}.");
            }

            await portal.Host.Durable.WhenIdleAsync(Limit);
            portal.Clock.Advance(Arrival);
        }

        var done = watch.Elapsed - asked;
        var found = await portal.ScalarAsync<long>($"""
            select (select count(*) from portal.share_link_guests where email like '%@batch{size}.example')
                 + (select count(*) from portal.webhook_inbox where body like '%@batch{size}.example%')
                 + (select count(*) from portal.idempotency_keys where body like '%@batch{size}.example%')
                 + (select {size} - count(*) from portal.erasure_certificates c join portal.erasure_requests e on e.id = c.erasure_id
                     where e.requested_at >= @since)
            """, new { since = portal.Clock.GetUtcNow() - (Arrival * 3) });
        return found == 0 ? (asked, done) : throw new InvalidOperationException($"{found} traces of a batch of {size} were found.");
    }

    private static Task<long> LeftAsync(TestPortal portal) =>
        portal.ScalarAsync<long>("select count(*) from portal.erasure_requests where status <> 'completed'");

    private static async Task SeedAsync(TestPortal portal, int size)
    {
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            set session_replication_role = replica;
            insert into portal.share_link_guests (tenant_id, share_link_id, email, added_at)
            select @tenant, gen_random_uuid(), 'guest' || n || '@batch' || @size || '.example', @now from generate_series(1, @size) n;
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at, processed_at)
            select 'resend', gen_random_uuid(), 'email.delivered',
                   format('{"type":"email.delivered","data":{"email_id":"%s","subject":"%s","to":["%s%s@%s%s.example"]}}',
                          gen_random_uuid(), repeat('A subject of some length. ', 20), who, n,
                          case who when 'guest' then 'batch' else 'other' end, @size),
                   'processed', @now, @now, @now
              from generate_series(1, @size) n, unnest(array['guest', 'other']) who;
            insert into portal.idempotency_keys (tenant_id, actor_id, key, request_hash, status, body, created_at)
            select @tenant, gen_random_uuid(), 'k' || n, sha256('x'), 201, format('{"email":"other%s@other%s.example"}', n, @size), @now
              from generate_series(1, @size) n;
            set session_replication_role = origin;
            analyze portal.webhook_inbox, portal.idempotency_keys, portal.share_link_guests;
            """, new { tenant = TestPeople.Tenant, size, now = portal.Clock.GetUtcNow() }, commandTimeout: 300);
    }
}
