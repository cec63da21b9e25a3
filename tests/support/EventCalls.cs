using Portal.LocalVendors;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>What follows from events, as tests look at it.</summary>
public static class EventCalls
{
    /// <summary>Everything that is written by now may be told: no transaction that runs is older, of whatever test.</summary>
    public static async Task TellableAsync(this TestPortal portal)
    {
        var last = await portal.ScalarAsync<long>("select coalesce(max(safe_from), 0) from portal.events");
        await Eventually.TrueAsync(
            async () => await portal.ScalarAsync<long>("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset()") >= last,
            $"transactions below {last} to end");
    }

    private const string Open = """
        select (select count(*) from portal.outbox where next_attempt_at <= @now) + (select count(*) from portal.deliveries
           where status in ('pending', 'sending'))
        """;

    /// <summary>Sweeps until everything that can be sent now is sent.</summary>
    public static async Task DeliverAsync(this TestPortal portal)
    {
        for (var round = 0; round < 10; round++)
        {
            await portal.RunTimerAsync("SweepOutbox");
            await portal.SettleAsync();
            if (await portal.ScalarAsync<long>(Open, new { now = portal.Clock.GetUtcNow() }) == 0)
            {
                return;
            }
        }

        Assert.Fail("Something stays undelivered.");
    }

    /// <summary>The same while a channel is broken: the clock moves on until all is delivered.</summary>
    public static Task DeliverMovingAsync(this TestPortal portal) => Eventually.MovingAsync(
        portal.Clock,
        TimeSpan.FromSeconds(30),
        async () =>
        {
            await portal.Host.RunTimerAsync("SweepOutbox");
            await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
            return await portal.ScalarAsync<long>(Open, new { now = portal.Clock.GetUtcNow() }) == 0;
        },
        "all to be delivered");

    /// <summary>Mails to a person of the tests, by their handle, or to an address.</summary>
    public static Task<IReadOnlyList<InboxMessage>> InboxOfAsync(this TestPortal portal, string person) =>
        portal.Resend.InboxAsync(person.Contains('@', StringComparison.Ordinal) ? person : $"{person}@portal.example");

    /// <summary>A header of a mail as it was sent.</summary>
    public static string? Header(this InboxMessage mail, string name) => mail.Message["headers"]?[name]?.ToString();

    /// <summary>Subjects a person finds under a type, newest first, as the API tells them.</summary>
    public static async Task<IReadOnlyList<Guid>> ToldAsync(this TestPortal portal, string person, string type) =>
        [
            .. (
                await portal.As(person).FetchAsync(
                    $"/api/notifications?type={type}&limit=200")).Expect(200).Field("items").AsArray().Select(
                        n => Guid.Parse(n!["subjectId"]!.ToString()))
        ];

    /// <summary>What analytics counted of a project; null: of no project.</summary>
    public static Task<double> CountedAsync(this TestPortal portal, string metric, Guid? project) => portal.ScalarAsync<double>("""
        select coalesce(sum(amount), 0) from portal.analytics_raw where metric = @metric and project_id is not distinct from @project::uuid
        """, new { metric, project });

    /// <summary>One audit row and one event row, as every act with effects leaves them.</summary>
    public static async Task RecordedOnceAsync(this TestPortal portal, Guid entity, string type)
    {
        Assert.Equal((1, 1), (await portal.AuditedAsync(entity, type), await portal.EventsAsync(entity, type)));
    }
}
