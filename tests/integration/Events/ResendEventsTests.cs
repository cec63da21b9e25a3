using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Tests.Integration.Foundation;
using Portal.Tests.Support;
using Portal.Vendors.Resend;

namespace Portal.Tests.Integration.Events;

/// <summary>What Resend tells of a mail ends on its delivery; an address that bounced for good or complained is struck off, once, and the
/// Admins are told.</summary>
public sealed class ResendEventsTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("guest", "delivered", 0)]
    [InlineData("bounced", "bounced", 1)]
    [InlineData("complained", "complained", 1)]
    public async Task A_mail_that_is_really_sent_ends_as_resend_says(string local, string state, int struck)
    {
        var address = $"{local}+{Guid.NewGuid():N}@client.example";
        var sent = await SendAsync(address);
        var delivery = await DeliveryAsync(sent);
        portal.Clock.Advance(TimeSpan.FromSeconds(2));
        await portal.SettleAsync();
        Assert.Equal(state, await StateAsync(delivery));
        Assert.Equal(
            struck, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'email_bounced' and aggregate_id = @delivery", new { delivery }));
        await portal.NothingPersonalIsKeptAsync(address);
    }

    [Fact]
    public async Task A_hard_bounce_strikes_the_address_off_for_this_tenant_once_and_says_so_by_ids()
    {
        // A second of its own, by which its rows are told from those of other tests.
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var first = await DeliveryAsync("re-hard-1");
        await DeliveryAsync("re-hard-2");
        await TellAsync("msg-hard-1", "email.bounced", "re-hard-1", "Gwen Guest <Gwen@Client.Example>", Bounce("Permanent"));
        await TellAsync("msg-hard-2", "email.bounced", "re-hard-2", "gwen@client.example", Bounce("Permanent"));
        await TellAsync("msg-hard-1", "email.bounced", "re-hard-1", "gwen@client.example", Bounce("Permanent"));
        var hash = await portal.ScalarAsync<string>(
            "select address_hash || ' ' || reason from portal.mail_suppressions where tenant_id = @Tenant and created_at = @now",
            new { TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        Assert.EndsWith(" bounced", hash, StringComparison.Ordinal);
        var payload = JsonNode.Parse(
            await portal.ScalarAsync<string>(
                "select payload::text from portal.events where type = 'email_bounced' and aggregate_id = @first", new { first }))!;
        Assert.Equal((first.ToString(), "guest:abc", "bounced", "share_link_created"),
            ((string?)payload["deliveryId"], (string?)payload["recipient"], (string?)payload["reason"], (string?)payload["eventType"]));
        Assert.Equal(
            1, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'email_bounced' and payload ->> 'eventType' = 'share_link_created' and "
                    + "occurred_at = @now", new { now = portal.Clock.GetUtcNow() }));
        await portal.NothingPersonalIsKeptAsync("gwen");
    }

    [Fact]
    public async Task A_guest_whose_address_bounced_is_sent_no_other_link_of_that_tenant()
    {
        var address = $"bounced+{Guid.NewGuid():N}@client.example";
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
        await portal.ShareAsync(asset, new { guestEmails = new[] { address } });
        await portal.DeliverAsync();
        portal.Clock.Advance(TimeSpan.FromSeconds(2));
        await portal.SettleAsync();

        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { address } });
        await portal.DeliverAsync();
        Assert.Single(await portal.InboxOfAsync(address));
        Assert.Equal(
            ["suppressed: bounced"], await portal.ListAsync(
                "select reason from portal.deliveries where aggregate_id = @id and status = 'skipped'", new { id = link.Id }));
    }

    [Theory]
    [InlineData("Transient")]
    [InlineData("Undetermined")]
    [InlineData("hard")]
    public async Task Another_kind_of_bounce_is_noted_and_strikes_nobody_off(string kind)
    {
        var mail = $"re-{kind}";
        var delivery = await DeliveryAsync(mail);
        await TellAsync($"msg-{kind}", "email.bounced", mail, $"{kind}@client.example", Bounce(kind));
        Assert.Equal("bounced", await StateAsync(delivery));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'email_bounced' and aggregate_id = @delivery", new { delivery }));
    }

    [Fact]
    public async Task Whatever_the_order_of_the_news_the_mail_ends_in_the_same_state()
    {
        string[] types = ["email.delivered", "email.bounced", "email.complained"];
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (var order in orders)
        {
            var mail = $"re-order-{string.Concat(order)}";
            var delivery = await DeliveryAsync(mail);
            foreach (var which in order)
            {
                await TellAsync($"msg-{mail}-{which}", types[which], mail, "order@client.example", Bounce("Transient"));
            }

            Assert.Equal("complained", await StateAsync(delivery));
        }
    }

    [Fact]
    public async Task Failed_and_suppressed_are_states_too_and_suppressed_is_for_good()
    {
        var failed = await DeliveryAsync("re-failed");
        var suppressed = await DeliveryAsync("re-suppressed");
        await TellAsync(
            "msg-failed", "email.failed", "re-failed", "f@client.example",
            new() { ["failed"] = new JsonObject { ["reason"] = "reached_daily_quota" } });
        await TellAsync(
            "msg-suppressed", "email.suppressed", "re-suppressed", "s@client.example",
            new() { ["suppressed"] = new JsonObject { ["type"] = "OnAccountSuppressionList" } });
        Assert.Equal(("failed", "suppressed"), (await StateAsync(failed), await StateAsync(suppressed)));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.events where type = 'email_bounced' and aggregate_id = @failed", new { failed }));
        Assert.Equal(
            "suppressed", await portal.ScalarAsync<string>(
                "select payload ->> 'reason' from portal.events where type = 'email_bounced' and aggregate_id = @suppressed",
                new { suppressed }));
    }

    [Fact]
    public async Task Somebody_who_had_unsubscribed_is_written_down_as_undeliverable_when_they_bounce()
    {
        // So that its address is the newest of all.
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await DeliveryAsync("re-unsub-1");
        await DeliveryAsync("re-unsub-2");
        await TellAsync("msg-unsub-1", "email.bounced", "re-unsub-1", "unsub@client.example", Bounce("Permanent"));
        var hash = await portal.ScalarAsync<string>(
            "update portal.mail_suppressions set reason = 'unsubscribed' where address_hash = (select address_hash from "
                + "portal.mail_suppressions order by created_at desc limit 1) returning address_hash");
        await TellAsync("msg-unsub-2", "email.complained", "re-unsub-2", "unsub@client.example", []);
        Assert.Equal(
            "complained", await portal.ScalarAsync<string>(
                "select reason from portal.mail_suppressions where address_hash = @hash", new { hash }));
    }

    [Fact]
    public async Task News_that_overtake_our_own_note_wait_for_it()
    {
        await TellAsync("msg-early", "email.delivered", "re-early", "early@client.example", []);
        Assert.Equal("retrying", await portal.WebhookAsync("msg-early"));
        var delivery = await DeliveryAsync("re-early");
        await portal.RetryAsync(1);
        Assert.Equal("delivered", await StateAsync(delivery));
        Assert.Equal("processed moved", await portal.WebhookAsync("msg-early"));
    }

    [Fact]
    public async Task News_of_a_mail_that_nobody_sent_are_left_before_the_fourth_retry_without_an_alert()
    {
        await TellAsync("msg-stranger", "email.bounced", "re-stranger", "stranger@client.example", Bounce("Permanent"));
        await portal.RetryAsync(3);
        Assert.Equal("processed unknown_mail", await portal.WebhookAsync("msg-stranger"));
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind in ('webhook_dead', 'webhook_retrying')"));
    }

    private static JsonObject Bounce(string type) =>
        new() { ["bounce"] = new JsonObject { ["type"] = type, ["subType"] = "General", ["message"] = "No such mailbox." } };

    private async Task TellAsync(string id, string type, string mail, string to, JsonObject more)
    {
        var data = new JsonObject
        {
            ["email_id"] = mail,
            ["to"] = new JsonArray(to),
            ["subject"] = "Ready",
            ["created_at"] = "2026-03-02T09:00:00Z",
        };
        foreach (var (name, value) in more)
        {
            data[name] = value?.DeepClone();
        }

        (await portal.SendSvixAsync("resend", id, SvixCalls.Event(type, data))).Expect(200);
    }

    private async Task<string> SendAsync(string to)
    {
        await using var scope = portal.Host.Services.CreateAsyncScope();
        var answer = await scope.ServiceProvider.GetRequiredService<ResendMail>().SendAsync(
            new(
                Guid.NewGuid(), "no-reply@portal.example", "Harbour", to, "Ready", "<p>Ready</p>", "Ready",
                    new Dictionary<string, string>()), default);
        Assert.Null(answer.Failure);
        return answer.Value.ToString();
    }

    /// <summary>A mail of the first tenant as it stands once Resend has taken it.</summary>
    private async Task<Guid> DeliveryAsync(string vendorId)
    {
        var (id, eventId) = (Guid.NewGuid(), Guid.NewGuid());
        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            values (@eventId, @Tenant, 'share_link', @id, 'share_link_created', '{}', @now);
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, vendor_id,
               mail_state, mail_state_at, done_at, created_at)
            values (@id, @Tenant, @eventId, 'share_link_created', @id, 1, 'email', 'guest:abc', 'sent', @vendorId, 'accepted', @now, @now,
            @now);
            """, new { id, eventId, TestPeople.Tenant, vendorId, now = portal.Clock.GetUtcNow() });
        return id;
    }

    private Task<string> StateAsync(Guid delivery) =>
        portal.ScalarAsync<string>("select mail_state from portal.deliveries where id = @delivery", new { delivery });
}
