using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class LocalMuxWebhookTests : IAsyncLifetime
{
    private MuxLab lab = null!;

    public async Task InitializeAsync() => lab = await MuxLab.StartAsync();

    public async Task DisposeAsync() => await lab.DisposeAsync();

    [Fact]
    public void Signature_matches_one_computed_elsewhere()
    {
        // python3: hmac.new(b'SuperSecret123', b'1700000000.' + body, hashlib.sha256).hexdigest()
        const string Body = """{"type":"video.asset.ready","data":{"id":"aé"}}""";
        Assert.Equal(
            "t=1700000000,v1=56e09a8f9bbcafcf74b7366ef67bfffbf61daf4c10d0e97b437229160e46cef6",
            MuxWebhookSender.Sign("SuperSecret123", DateTimeOffset.FromUnixTimeSeconds(1700000000), Body));
    }

    [Fact]
    public async Task Event_has_muxs_envelope_and_a_good_signature()
    {
        await lab.UploadAsync(Mp4Sample.Clip());
        var hook = lab.Hooks.All.Single(one => one.Type == "video.upload.asset_created");
        var json = hook.Json;
        var uploadId = (string)json["data"]!["id"]!;
        Assert.Equal("upload", (string)json["object"]!["type"]!);
        Assert.Equal(uploadId, (string)json["object"]!["id"]!);
        Assert.Equal("job-42", (string)json["data"]!["new_asset_settings"]!["passthrough"]!);
        Assert.True(Guid.TryParse((string)json["id"]!, out _));
        Assert.Empty(json["attempts"]!.AsArray());
        Assert.Equal("Local", (string)json["environment"]!["name"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", (string)json["created_at"]!);
        Assert.Equal(MuxWebhookSender.Sign(MuxLab.Secret, lab.Clock.Start, hook.Body), hook.Headers["Mux-Signature"]);

        var ready = lab.Hooks.All.Single(one => one.Type == "video.asset.ready").Json;
        Assert.Equal((string)json["data"]!["asset_id"]!, (string)ready["data"]!["id"]!);
        Assert.Equal(uploadId, (string)ready["data"]!["upload_id"]!);
        Assert.Equal(JsonValueKind.Number, ready["data"]!["created_at"]!.GetValueKind());
    }

    [Fact]
    public async Task Refused_event_comes_again_after_growing_gaps_with_its_attempts()
    {
        lab.Hooks.Answer = _ => lab.Hooks.All.Count < 3 ? 500 : 200;
        await lab.CreateUploadAsync();
        await lab.Mux.WhenIdleAsync();
        Assert.Single(lab.Hooks.All);
        lab.Clock.Advance(MuxWebhookSender.RetryGaps[0] - TimeSpan.FromMilliseconds(1));
        await lab.Mux.WhenIdleAsync();
        Assert.Single(lab.Hooks.All);
        lab.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(2, lab.Hooks.All.Count);
        lab.Clock.Advance(MuxWebhookSender.RetryGaps[1]);
        await lab.Mux.WhenIdleAsync();
        lab.Clock.Advance(TimeSpan.FromDays(2));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(3, lab.Hooks.All.Count);
        Assert.Single(lab.Hooks.All.Select(hook => (string)hook.Json["id"]!).Distinct());
        var attempts = lab.Hooks.All[2].Json["attempts"]!.AsArray();
        Assert.Equal([500, 500], attempts.Select(attempt => (int)attempt!["response_status_code"]!));
        Assert.Equal("noted", (string)attempts[0]!["response_body"]!);
        Assert.Equal(3, lab.Hooks.All.Select(hook => hook.Headers["Mux-Signature"]).Distinct().Count());
    }

    [Fact]
    public async Task Event_nobody_takes_is_given_up_after_a_day()
    {
        lab.Hooks.Answer = _ => 500;
        await lab.CreateUploadAsync();
        foreach (var gap in MuxWebhookSender.RetryGaps)
        {
            await lab.Mux.WhenIdleAsync();
            lab.Clock.Advance(gap);
        }
        await lab.Mux.WhenIdleAsync();
        lab.Clock.Advance(TimeSpan.FromDays(3));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(MuxWebhookSender.RetryGaps.Count + 1, lab.Hooks.All.Count);
        Assert.InRange(MuxWebhookSender.RetryGaps.Aggregate((sum, gap) => sum + gap), TimeSpan.FromHours(20), TimeSpan.FromHours(24));
        Assert.Equal("given_up", Assert.Single(await lab.Mux.WebhooksAsync()).State);
    }

    [Fact]
    public async Task Endpoint_that_does_not_answer_within_five_seconds_gets_it_again()
    {
        lab.Hooks.Answer = _ => lab.Hooks.All.Count == 1 ? -1 : 200;
        await lab.CreateUploadAsync();
        await Eventually.TrueAsync(() => lab.Hooks.All.Count == 1, "the first attempt");
        lab.Clock.Advance(TimeSpan.FromSeconds(5));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(("waiting", 1), (await lab.Mux.WebhooksAsync()).Select(hook => (hook.State, hook.Attempts)).Single());
        lab.Clock.Advance(MuxWebhookSender.RetryGaps[0]);
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(2, lab.Hooks.All.Count);
        Assert.Equal("Timeout", (string)lab.Hooks.All[1].Json["attempts"]![0]!["error"]!);
    }

    [Fact]
    public async Task Duplicates_carry_the_same_event_id()
    {
        lab.Mux.Faults.DuplicateWebhooks = true;
        await lab.CreateUploadAsync();
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(2, lab.Hooks.All.Count);
        Assert.Single(lab.Hooks.All.Select(hook => (string)hook.Json["id"]!).Distinct());
    }

    [Fact]
    public async Task Event_can_be_sent_once_more()
    {
        await lab.CreateUploadAsync();
        await lab.Mux.WhenIdleAsync();
        Assert.True(await lab.Mux.RepeatWebhookAsync((string)lab.Hooks.All[0].Json["id"]!));
        Assert.False(await lab.Mux.RepeatWebhookAsync("unknown"));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(2, lab.Hooks.All.Count);
        Assert.Equal(lab.Hooks.All[0].Body, lab.Hooks.All[1].Body);
    }

    [Fact]
    public async Task Shuffled_events_bring_ready_before_created()
    {
        lab.Mux.Faults.ShuffleWebhooks = true;
        await lab.UploadAsync(Mp4Sample.Clip());
        Assert.Equal(
            ["video.upload.created", "video.asset.ready", "video.upload.asset_created", "video.asset.created"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Dropped_events_never_come()
    {
        lab.Mux.Faults.DropWebhooks = type => type.StartsWith("video.asset.", StringComparison.Ordinal);
        var asset = await lab.UploadAsync(Mp4Sample.Clip());
        Assert.Equal("ready", (string)asset["status"]!);
        lab.Mux.Faults.Clear();
        lab.Clock.Advance(TimeSpan.FromDays(2));
        await lab.Mux.WhenIdleAsync();
        Assert.Equal(["video.upload.created", "video.upload.asset_created"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Delayed_events_come_when_the_clock_says()
    {
        lab.Mux.Faults.DelayWebhooks = TimeSpan.FromMinutes(10);
        await lab.CreateUploadAsync();
        lab.Clock.Advance(TimeSpan.FromMinutes(9));
        await lab.Mux.WhenIdleAsync();
        Assert.Empty(lab.Hooks.All);
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await lab.Mux.WhenIdleAsync();
        Assert.Single(lab.Hooks.All);
    }

    [Fact]
    public async Task Events_wait_until_the_endpoint_is_known()
    {
        lab.Mux.WebhookUrl = null;
        await lab.CreateUploadAsync();
        await lab.Mux.WhenIdleAsync();
        Assert.Empty(lab.Hooks.All);
        lab.Mux.WebhookUrl = lab.Hooks.Address;
        await lab.Mux.WhenIdleAsync();
        Assert.Single(lab.Hooks.All);
    }

    [Fact]
    public async Task Hundred_uploads_at_once_each_tell_their_story_in_order()
    {
        var clip = Mp4Sample.Clip();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var upload = await lab.CreateUploadAsync(
                new JsonObject
                {
                    ["passthrough"] = i.ToString(CultureInfo.InvariantCulture),
                    ["playback_policies"] = new JsonArray("signed"),
                });
            using var put = await lab.PutAsync(upload, clip);
            Assert.Equal(200, (int)put.StatusCode);
        }));
        await lab.EncodeAsync();
        var stories = lab.Hooks.All.GroupBy(
            hook => (string?)hook.Json["data"]!["upload_id"] ?? (string)hook.Json["data"]!["id"]!).ToList();
        Assert.Equal(100, stories.Count);
        Assert.All(stories, story => Assert.Equal(
            [
                "video.upload.created", "video.upload.asset_created", "video.asset.created", "video.asset.ready"
            ], story.Select(hook => hook.Type)));
    }
}
