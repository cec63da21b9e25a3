using Portal.Operations;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Operations;

/// <summary>What waits and what was given up, on the page of people on call, and how it is tried again from there.</summary>
public sealed class OpsQueueTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        portal.Clock.Advance(OverviewRead.Fresh);
        await DoAsync("delete from portal.webhook_inbox; delete from portal.outbox; delete from portal.deliveries");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_waits_is_counted_with_its_oldest_and_what_is_late_stands_out()
    {
        Assert.Contains("Nothing waits.", await PageAsync(), StringComparison.Ordinal);
        portal.Clock.Advance(OverviewRead.Fresh);
        var delivery = await new SampleWorld(portal).NewFailedDeliveryAsync();
        await portal.DeliverAsync();
        await DoAsync($"""
            delete from portal.outbox;
            delete from portal.deliveries where id <> '{delivery}';
            update portal.deliveries set status = 'pending', done_at = null, reason = null
            """);
        await DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('mux', 'w-1', 'video.asset.ready', '{}', 'retrying', @now - interval '10 minutes', @now - interval '10 minutes'),
                   ('clerk', 'w-2', 'user.updated', '{}', 'retrying', @now - interval '11 minutes', @now - interval '11 minutes'),
                   ('resend', 'w-3', 'email.sent', '{}', 'retrying', @now + interval '1 minute', @now)
            """);
        var queues = PartOf(await PageAsync());

        Assert.Contains("""Webhooks <span class="id">mux</span></span><span class="pill running">not late""", queues,
            StringComparison.Ordinal);
        Assert.Contains("""Webhooks <span class="id">clerk</span></span><span class="pill failed">too many or too old""", queues,
            StringComparison.Ordinal);
        Assert.DoesNotContain("""<span class="id">resend</span>""", queues, StringComparison.Ordinal);
        Assert.Contains("""Deliveries <span class="id">email</span>""", queues, StringComparison.Ordinal);
        Assert.Contains("1 not done, the oldest", queues, StringComparison.Ordinal);
        Assert.Contains("""Queues <span class="total">3</span>""", queues, StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_many_look_it_is_read_once_in_five_seconds()
    {
        Assert.Contains("Nothing waits.", await PageAsync(), StringComparison.Ordinal);
        await DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at)
            values ('mux', 'w-9', 'video.asset.ready', '{}', 'retrying', @now - interval '1 minute', @now)
            """);
        portal.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Contains("Nothing waits.", await PageAsync(), StringComparison.Ordinal);
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Contains("1 due, the oldest", PartOf(await PageAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_was_given_up_is_replayed_with_a_reason()
    {
        await DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, status, attempts, last_error, next_attempt_at, received_at)
            values ('mux', 'evt <1>', 'video.asset.ready', '{}', 'dead', 8, 'No job & no asset', @now, @now)
            """);
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        var form = OpsCalls.FormToken(page);
        Assert.Contains("evt &lt;1&gt;", page, StringComparison.Ordinal);
        Assert.Contains("No job &amp; no asset", page, StringComparison.Ordinal);

        (string, string)[] webhook = [("what", "webhook"), ("provider", "mux"), ("id", "evt <1>")];
        (await browser.SubmitAsync("/ops/queues", [("form", form), .. webhook, ("reason", " ")])).Expect(400);
        (await browser.SubmitAsync("/ops/queues", [("form", form), .. webhook, ("reason", new string('x', 501))])).Expect(400);
        (await browser.SubmitAsync("/ops/queues", [.. webhook, ("reason", "Its job is here now")])).Expect(403);
        Assert.Equal(["dead"], await portal.ListAsync("select status from portal.webhook_inbox"));
        (await browser.SubmitAsync("/ops/queues", [("form", form), .. webhook, ("reason", "Its job is here now")])).Expect(303);
        Assert.NotEqual(["dead"], await portal.ListAsync("select status from portal.webhook_inbox"));
        Assert.DoesNotContain("evt &lt;1&gt;", (await browser.FetchAsync("/ops")).Expect(200).Body, StringComparison.Ordinal);
        Assert.Equal(
            ["Its job is here now"],
            await portal.ListAsync("select new_value ->> 'reason' from portal.audit_log where action = 'webhook_replayed'"));
        (await browser.SubmitAsync("/ops/queues", [("form", form), .. webhook, ("reason", "Once more")])).Expect(409);
    }

    [Fact]
    public async Task A_delivery_that_failed_is_retried_with_a_reason()
    {
        var delivery = await new SampleWorld(portal).NewFailedDeliveryAsync();
        using var browser = await portal.SignedInAsync();
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        var form = OpsCalls.FormToken(page);
        Assert.Contains("email of project_created", page, StringComparison.Ordinal);
        Assert.Contains("attempts used up", page, StringComparison.Ordinal);

        (await SubmitAsync(Guid.NewGuid().ToString(), "Resend is back")).Expect(404);
        (await SubmitAsync("no id", "Resend is back")).Expect(400);
        (await SubmitAsync($"{delivery}", "")).Expect(400);
        Assert.Equal(["1"], await portal.ListAsync("select attempt::text from portal.deliveries"));
        (await SubmitAsync($"{delivery}", "Resend is back")).Expect(303);
        Assert.Equal(["2"], await portal.ListAsync("select attempt::text from portal.deliveries"));
        (await SubmitAsync($"{delivery}", "Resend is back")).Expect(409);
        (await browser.SubmitAsync("/ops/queues", ("form", form), ("what", "event"), ("reason", "x"))).Expect(400);

        async Task<Answer> SubmitAsync(string id, string reason) => await browser.SubmitAsync(
            "/ops/queues", ("form", form), ("what", "delivery"), ("id", id), ("reason", reason));
    }

    private async Task<string> PageAsync()
    {
        using var browser = await portal.SignedInAsync();
        return (await browser.FetchAsync("/ops")).Expect(200).Body;
    }

    private static string PartOf(string page) => page[page.IndexOf("id=\"queues\"", StringComparison.Ordinal)..]
        .Split("</section>")[0];

    private Task DoAsync(string sql) => portal.DoAsync(sql, new { now = portal.Clock.GetUtcNow() });
}
