using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Faults;
using Portal.Foundation.Webhooks;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Videos;

/// <summary>Which webhooks are believed. Only good signatures change anything; each refused one is counted and alerts.</summary>
public sealed class MuxWebhookTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_good_signature_is_stored_once_and_answered_200()
    {
        var body = Event("evt-good");
        (await SendAsync(body, Sign(body))).Expect(200);
        (await SendAsync(body, Sign(body))).Expect(200);
        Assert.Equal(1, await StoredAsync("evt-good"));
        Assert.Equal(0, await RefusedAsync());
    }

    [Fact]
    public async Task One_good_signature_among_several_is_enough()
    {
        var body = Event("evt-rotated");
        var good = Sign(body);
        var signed = good.Replace("v1=", $"v0=abc,v1={new string('0', 64)},v1=", StringComparison.Ordinal);
        (await SendAsync(body, signed)).Expect(200);
        Assert.Equal(1, await StoredAsync("evt-rotated"));
    }

    [Fact]
    public async Task One_whose_orchestration_cannot_be_told_is_not_done_and_is_tried_again()
    {
        var upload = await portal.UploadReadyAsync(await portal.NewProjectAsync());
        await portal.SettleAsync();
        var id = await portal.ScalarAsync<string>("""
            update portal.webhook_inbox set status = 'received', next_attempt_at = @now, processed_at = null
             where provider = 'mux' and type = 'video.asset.ready' and body like '%' || @upload || '%' returning event_id
            """, new { now = portal.Clock.GetUtcNow().AddMinutes(-1), upload = upload.Id.ToString() });
        await using (var scope = portal.Services.CreateAsyncScope())
        {
            var receive = scope.ServiceProvider.GetRequiredService<ReceiveWebhook>();
            await receive.RetryAsync(new Signals(deaf: true), default);
            Assert.Equal("retrying nobody listens", await portal.ScalarAsync<string>(
                "select status || ' ' || last_error from portal.webhook_inbox where provider = 'mux' and event_id = @id", new { id }));

            portal.Clock.Advance(TimeSpan.FromMinutes(20));
            var heard = new Signals(deaf: false);
            await receive.RetryAsync(heard, default);
            Assert.Equal($"{upload.Id}-1", Assert.Single(heard.Told).InstanceId);
        }

        Assert.Equal("processed", await portal.ScalarAsync<string>(
            "select status from portal.webhook_inbox where provider = 'mux' and event_id = @id", new { id }));
    }

    [Theory]
    [InlineData("wrong secret", 401)]
    [InlineData("altered body", 401)]
    [InlineData("301 s old", 401)]
    [InlineData("301 s ahead", 401)]
    [InlineData("missing header", 401)]
    [InlineData("empty header", 401)]
    [InlineData("no v1", 401)]
    [InlineData("truncated v1", 401)]
    [InlineData("timestamp not a number", 401)]
    [InlineData("timestamp huge", 401)]
    [InlineData("no event", 400)]
    [InlineData("no json", 400)]
    [InlineData("over the cap", 413)]
    public async Task A_bad_one_changes_nothing_is_counted_and_alerts(string fault, int code)
    {
        var id = $"evt-bad-{Guid.NewGuid():N}";
        var body = fault switch
        {
            "no event" => "[1, 2]",
            "no json" => "hello",
            "over the cap" => Event(id, padding: 1024 * 1024),
            _ => Event(id),
        };
        var now = portal.Clock.GetUtcNow();
        var signature = fault switch
        {
            "wrong secret" => MuxWebhookSender.Sign("another-secret", now, body),
            "altered body" => Sign(body.Replace(id, $"{id}-other", StringComparison.Ordinal)),
            "301 s old" => MuxWebhookSender.Sign(portal.Mux.WebhookSecret, now - TimeSpan.FromSeconds(301), body),
            "301 s ahead" => MuxWebhookSender.Sign(portal.Mux.WebhookSecret, now + TimeSpan.FromSeconds(301), body),
            "missing header" => null,
            "empty header" => "",
            "no v1" => $"t={now.ToUnixTimeSeconds()}",
            "truncated v1" => Sign(body)[..^2],
            "timestamp not a number" => Sign(body).Replace("t=", "t=x", StringComparison.Ordinal),
            "timestamp huge" => Sign(body).Replace("t=", "t=9999999999", StringComparison.Ordinal),
            _ => Sign(body),
        };

        (await SendAsync(body, signature)).Expect(code);
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox where event_id like @id || '%'", new { id }));
        Assert.Equal(1, await RefusedAsync());
        (await SendAsync(body, signature)).Expect(code);
        Assert.Equal(1, await RefusedAsync());
    }

    [Fact]
    public async Task The_edge_of_the_tolerance_is_inside()
    {
        foreach (var (id, shift) in new[] { ("evt-old", -300), ("evt-new", 300) })
        {
            var body = Event(id);
            (
                await SendAsync(
                    body, MuxWebhookSender.Sign(portal.Mux.WebhookSecret, portal.Clock.GetUtcNow().AddSeconds(shift), body))).Expect(200);
            Assert.Equal(1, await StoredAsync(id));
        }
    }

    [Fact]
    public async Task News_of_an_upload_nobody_knows_is_kept_retried_and_reported_when_it_dies()
    {
        var body = Event("evt-stranger", "video.asset.ready", passthrough: Guid.NewGuid().ToString());
        (await SendAsync(body, Sign(body))).Expect(200);
        Assert.Equal("retrying", await StatusAsync("evt-stranger"));

        // Half a minute, doubling to a quarter of an hour: not a second earlier, and not later.
        int[] waits = [30, 60, 120, 240, 480, 900, 900];
        for (var attempts = 1; attempts < 8; attempts++)
        {
            Assert.Equal(attempts >= 4, await AlertsAsync("webhook_retrying") == 1);
            portal.Clock.Advance(TimeSpan.FromSeconds(waits[attempts - 1] - 1));
            await portal.Host.RunTimerAsync("RetryWebhookInbox");
            Assert.Equal(attempts, await AttemptsAsync("evt-stranger"));
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
            await portal.Host.RunTimerAsync("RetryWebhookInbox");
            Assert.Equal(attempts + 1, await AttemptsAsync("evt-stranger"));
        }

        Assert.Equal("dead", await StatusAsync("evt-stranger"));
        Assert.Equal(1, await AlertsAsync("webhook_retrying"));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = 'webhook_dead'"));
        Assert.Equal(body, await portal.ScalarAsync<string>("select body from portal.webhook_inbox where event_id = 'evt-stranger'"));
    }

    [Fact]
    public async Task A_repeat_of_an_event_is_answered_and_not_handled_again()
    {
        var body = Event("evt-repeat", "video.asset.ready", passthrough: Guid.NewGuid().ToString());
        (await SendAsync(body, Sign(body))).Expect(200);
        (await SendAsync(body, Sign(body))).Expect(200);

        Assert.Equal((1, 1L, "retrying"), (
            await AttemptsAsync("evt-repeat"), await StoredAsync("evt-repeat"), await StatusAsync("evt-repeat")));
    }

    [Fact]
    public async Task An_event_whose_intake_died_is_handled_by_the_timer()
    {
        await portal.DoAsync("""
            insert into portal.webhook_inbox (provider, event_id, type, body, next_attempt_at, received_at)
            values ('mux', 'evt-left', 'video.asset.ready', @body, @due, @now)
            """, new
        {
            body = Event("evt-left", "video.asset.ready"),
            now = portal.Clock.GetUtcNow(),
            due = portal.Clock.GetUtcNow().AddSeconds(30),
        });
        portal.Clock.Advance(TimeSpan.FromSeconds(29));
        await portal.Host.RunTimerAsync("RetryWebhookInbox");
        Assert.Equal("received", await StatusAsync("evt-left"));

        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await portal.Host.RunTimerAsync("RetryWebhookInbox");
        Assert.Equal("processed", await StatusAsync("evt-left"));
    }

    [Fact]
    public async Task An_asset_of_somebody_else_and_an_unknown_event_are_recorded_and_left()
    {
        foreach (var (id, type) in new[] { ("evt-foreign", "video.asset.ready"), ("evt-new-kind", "video.hologram.ready") })
        {
            var body = Event(id, type);
            (await SendAsync(body, Sign(body))).Expect(200);
            Assert.Equal("processed", await StatusAsync(id));
        }
    }

    [Fact]
    public async Task A_public_playback_id_raises_an_alert()
    {
        var body = Event("evt-public", "video.asset.ready", publicPlayback: true);
        (await SendAsync(body, Sign(body))).Expect(200);
        Assert.Equal("critical", await portal.ScalarAsync<string>("select severity from portal.alerts where kind = 'public_playback_id'"));
    }

    private static string Event(
        string id, string type = "video.asset.updated", string? passthrough = null, bool publicPlayback = false, int padding = 0)
    {
        var data = new JsonObject
        {
            ["id"] = $"asset-{id}",
            ["status"] = "ready",
            ["passthrough"] = passthrough,
            ["created_at"] = 1772442000,
        };
        if (publicPlayback)
        {
            data["playback_ids"] = new JsonArray(new JsonObject { ["id"] = "pub", ["policy"] = "public" });
        }

        return new JsonObject { ["type"] = type, ["id"] = id, ["data"] = data, ["padding"] = new string('x', padding) }.ToJsonString();
    }

    private string Sign(string body) => MuxWebhookSender.Sign(portal.Mux.WebhookSecret, portal.Clock.GetUtcNow(), body);

    private async Task<Answer> SendAsync(string body, string? signature)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/api/webhooks/mux")
        { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("Mux-Signature", signature);
        }

        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    private Task<long> StoredAsync(string id) =>
        portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox where event_id = @id", new { id });

    private Task<long> AlertsAsync(string kind) =>
        portal.ScalarAsync<long>("select count(*) from portal.alerts where kind = @kind", new { kind });

    private Task<int> AttemptsAsync(string id) =>
        portal.ScalarAsync<int>("select attempts from portal.webhook_inbox where event_id = @id", new { id });

    private Task<string> StatusAsync(string id) =>
        portal.ScalarAsync<string>("select status from portal.webhook_inbox where event_id = @id", new { id });

    private Task<long> RefusedAsync() =>
        portal.ScalarAsync<long>("select coalesce(sum(times), 0)::bigint from portal.alerts where kind = 'webhook_refused'");

    private sealed class Signals(bool deaf) : IOrchestrationSignals
    {
        public List<OrchestrationSignal> Told { get; } = [];

        public Task SignalAsync(OrchestrationSignal signal, CancellationToken ct)
        {
            Told.Add(signal);
            return deaf ? throw new TransientException("nobody listens") : Task.CompletedTask;
        }
    }
}
