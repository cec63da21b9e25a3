using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Outages;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors;

namespace Portal.Tests.Integration.Operations;

/// <summary>What on-call switches off is off everywhere within seconds, says so, loses nothing, and ends by itself.</summary>
public sealed class SwitchTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("truncate portal.switches, portal.vendor_circuits");
        portal.Clock.Advance(TimeSpan.FromMinutes(10));
        project = await portal.NewProjectAsync();
        await portal.DeliverAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Whoever_calls_what_is_off_is_told_what_and_until_when()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        var (link, locked) = (await portal.ShareAsync(asset, new { allowDownload = true }),
            await portal.ShareAsync(asset, new { passphrase = "a long passphrase" }));
        var (upload, invite) = ((await portal.AskUploadAsync(project)).Expect(201), await InviteAsync("first@portal.example"));
        var guest = portal.GuestOf(link);
        var calls = new Dictionary<string, Func<Task<Answer>>[]>
        {
            ["uploads"] =
            [
                () => portal.AskUploadAsync(project), () => portal.AskUploadAsync(project, source: "blob"),
                () => portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/retry"),
            ],
            ["invites"] = [() => InviteAsync("other@portal.example"), () => ReissueAsync(invite.Id)],
            ["share_links"] =
            [
                () => CreateLinkAsync(asset), guest.OpenAsync, () => guest.SendAsync(HttpMethod.Get, "/download"),
                () => portal.GuestOf(locked).UnlockAsync("a long passphrase"),
            ],
        };
        foreach (var (feature, own) in calls)
        {
            var until = (await SetAsync(feature, minutes: 4)).Expect(200).Field("until").GetValue<DateTimeOffset>();
            foreach (var call in own)
            {
                var refused = (await call()).Expect(503);
                Assert.Equal(("feature-off", feature), (refused.ProblemType, refused.Text("feature")));
                Assert.InRange(
                    refused.Headers.RetryAfter!.Delta!.Value, until - portal.Clock.GetUtcNow(), TimeSpan.FromMinutes(4));
                Assert.Equal(
                    $"{Feature.OffText(feature)} It is expected to be over by {until:yyyy-MM-dd HH:mm} UTC.", refused.Text("detail"));
            }

            foreach (var call in calls.Where(of => of.Key != feature).SelectMany(of => of.Value))
            {
                Assert.NotEqual(503, (await call()).Code);
            }

            (await ClearAsync(feature)).Expect(200);
        }

        // Who may not call it at all is told that, and no more.
        (await SetAsync("invites")).Expect(200);
        Assert.Equal("forbidden", (await portal.As("agency").PostAsync("/api/invites", new { })).Expect(403).ProblemType);
    }

    [Fact]
    public async Task A_guests_page_says_it_in_words()
    {
        var link = await portal.ShareAsync(Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId")));
        (await SetAsync("share_links", minutes: 30)).Expect(200);

        var page = (await portal.GuestOf(link).VisitAsync()).Expect(503);

        Assert.Contains(Feature.OffText("share_links"), page.Body, StringComparison.Ordinal);
        Assert.Equal(OutageState.LongestWait, page.Headers.RetryAfter!.Delta);
        (await ClearAsync("share_links")).Expect(200);
        Assert.Contains("<video", (await portal.GuestOf(link).VisitAsync()).Expect(200).Body, StringComparison.Ordinal);

        // It was ended early: another time it works all the same.
        (await SetAsync("share_links")).Expect(200);
        (await portal.GuestOf(link).VisitAsync()).Expect(503);
    }

    [Fact]
    public async Task A_switch_ends_by_itself_at_its_time()
    {
        (await SetAsync("invites", minutes: 60)).Expect(200);
        portal.Clock.Advance(TimeSpan.FromMinutes(60) - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), (await InviteAsync("one@portal.example")).Expect(503).Headers.RetryAfter!.Delta);
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(503, (await InviteAsync("one@portal.example")).Code);
        Assert.Equal("switch-not-set", (await ClearAsync("invites")).Expect(409).ProblemType);
        Assert.False((await SwitchAsync("invites"))["on"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Another_instance_knows_within_three_seconds()
    {
        using var other = ActivatorUtilities.CreateInstance<KnownOutages>(portal.Host.Services);
        Assert.Null(await other.FindAsync(Feature.Uploads, default));
        (await SetAsync("uploads")).Expect(200);
        (await portal.As("agency").PostAsync(
            "/api/uploads", new { projectId = project, fileName = "cut.mp4", sizeBytes = 10 })).Expect(503);

        portal.Clock.Advance(KnownOutages.Fresh - TimeSpan.FromMilliseconds(1));
        Assert.Null(await other.FindAsync(Feature.Uploads, default));
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await other.FindAsync(Feature.Uploads, default));
    }

    [Theory]
    [InlineData("mux", "uploads share_links")]
    [InlineData("clerk", "invites")]
    [InlineData("resend", "mail")]
    public async Task A_vendor_takes_along_what_is_nothing_without_it(string vendor, string features)
    {
        (await SetAsync(vendor)).Expect(200);
        Assert.Equal(
            features.Split(' '), await StatusesAsync("off"));
        Assert.Equal(features.Split(' '), (await SwitchAsync(vendor))["stops"]!.AsArray().Select(feature => feature!.ToString()));
    }

    [Fact]
    public async Task Without_Vercel_Blob_only_uploads_by_it_are_off()
    {
        (await SetAsync("vercel_blob")).Expect(200);
        Assert.Equal("uploads", (await portal.AskUploadAsync(project, source: "blob")).Expect(503).Text("feature"));
        (await portal.AskUploadAsync(project)).Expect(201);
        Assert.Empty(await StatusesAsync("off"));
        Assert.Equal(["uploads"], await StatusesAsync("degraded"));
    }

    [Fact]
    public async Task Mail_is_held_back_and_goes_out_once_when_the_switch_ends()
    {
        // One is on its way already: its first call has failed.
        portal.Resend.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        var early = await SoleProjectAsync("On its way");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await Eventually.TrueAsync(async () => await AttemptsAsync(early) == 1, "the first call to have failed");
        (await SetAsync("mail", minutes: 15)).Expect(200);
        var late = await SoleProjectAsync("Not begun");
        var before = portal.Resend.Requests.Count("POST", "/emails");

        await Eventually.MovingAsync(portal.Clock, TimeSpan.FromSeconds(30), async () =>
        {
            await portal.Host.RunTimerAsync("SweepOutbox");
            await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
            return portal.Clock.GetUtcNow() >= (await UntilAsync("mail")).AddMinutes(-1);
        }, "the switch to be about to end");
        Assert.Equal(before, portal.Resend.Requests.Count("POST", "/emails"));
        Assert.Equal(["pending"], await StatesAsync(late));
        Assert.Equal(["sending"], await StatesAsync(early));
        Assert.Equal(1, await AttemptsAsync(early));
        Assert.Contains(late, await portal.ToldAsync("agency", "project_created"));

        portal.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.DeliverMovingAsync();
        Assert.Equal(["sent"], await StatesAsync(early));
        Assert.Equal(["sent"], await StatesAsync(late));
        foreach (var sent in new[] { early, late })
        {
            Assert.Single(await portal.InboxOfAsync("agency"), mail => mail.Text!.Contains(sent.ToString(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Held_mail_goes_out_within_a_minute_when_somebody_ends_the_switch()
    {
        (await SetAsync("mail", minutes: 1440)).Expect(200);
        var held = await SoleProjectAsync("Held");
        await portal.Host.RunTimerAsync("SweepOutbox");
        Assert.Equal(["pending"], await StatesAsync(held));
        (await ClearAsync("mail")).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal(["sent"], await StatesAsync(held));
    }

    [Fact]
    public async Task A_vendors_open_circuit_is_shown_slows_a_feature_and_costs_a_mail_no_attempt()
    {
        // What went well before is over.
        portal.Clock.Advance(VendorCircuits.Window + VendorCircuits.Window);
        portal.Resend.Requests.Clear();
        portal.Resend.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        var first = await portal.NewProjectAsync("Seven people");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
        var calls = portal.Resend.Requests.Count("POST", "/emails");
        Assert.InRange(calls, VendorCircuits.MinimumCalls, TestPeople.Crew + 1);
        var second = await SoleProjectAsync("Nobody asks Resend");
        await portal.Host.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(calls, portal.Resend.Requests.Count("POST", "/emails"));
        Assert.Equal((calls, 0), (await AttemptsAsync(first), await AttemptsAsync(second)));
        Assert.Equal(["sending"], await StatesAsync(second));

        var circuits = (await ReadAsync()).Field("circuits").AsArray();
        Assert.Equal(["Resend"], circuits.Where(c => c!["open"]!.GetValue<bool>()).Select(c => c!["vendor"]!.ToString()));
        Assert.Equal(VendorCircuit.All, circuits.Select(c => c!["vendor"]!.ToString()));
        portal.Clock.Advance(KnownOutages.Fresh);
        Assert.Equal(["mail"], await StatusesAsync("degraded"));
        Assert.Equal("degraded", (await portal.Anonymous.FetchAsync("/api/status")).Expect(200).Text("status"));

        // Back again: all go out, and then nothing is slow.
        portal.Resend.Faults.Clear();
        await portal.DeliverMovingAsync();
        Assert.Equal(["sent"], await StatesAsync(first));
        Assert.Equal(["sent"], await StatesAsync(second));
        Assert.Equal((calls, 0), (await AttemptsAsync(first), await AttemptsAsync(second)));
        portal.Clock.Advance(KnownOutages.Fresh);
        Assert.Equal("ok", (await portal.Anonymous.FetchAsync("/api/status")).Expect(200).Text("status"));
    }

    [Fact]
    public async Task A_circuit_that_nobody_has_found_open_for_two_minutes_is_forgotten()
    {
        var store = portal.Host.Services.GetRequiredService<VendorCircuitStore>();
        await store.NoteAsync(VendorCircuit.Mux, true, default);
        portal.Clock.Advance(VendorCircuitStore.Remembered - TimeSpan.FromSeconds(1));
        await store.NoteAsync(VendorCircuit.Mux, true, default);
        await store.NoteAsync(VendorCircuit.Resend, true, default);
        await store.NoteAsync(VendorCircuit.Resend, false, default);
        Assert.False((await CircuitAsync("Resend"))["open"]!.GetValue<bool>());
        var opened = portal.Clock.GetUtcNow() - VendorCircuitStore.Remembered + TimeSpan.FromSeconds(1);
        Assert.Equal(opened, (await CircuitAsync("Mux"))["openedAt"]!.GetValue<DateTimeOffset>());
        portal.Clock.Advance(VendorCircuitStore.Remembered - TimeSpan.FromSeconds(1));
        Assert.True((await CircuitAsync("Mux"))["open"]!.GetValue<bool>());
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False((await CircuitAsync("Mux"))["open"]!.GetValue<bool>());
    }

    [Fact]
    public async Task The_status_is_for_anybody_may_be_kept_for_seconds_and_names_nobodys_fault()
    {
        (await SetAsync("mail", reason: "Resend lost our key")).Expect(200);
        portal.Clock.Advance(KnownOutages.Fresh);
        var status = (await portal.Anonymous.FetchAsync("/api/status")).Expect(200);
        Assert.Equal("public, max-age=10", status.Headers.CacheControl!.ToString());
        Assert.Equal(("degraded", "off"), (status.Text("status"), Of(status, "mail")["status"]!.ToString()));
        Assert.Equal(await UntilAsync("mail"), Of(status, "mail")["until"]!.GetValue<DateTimeOffset>());
        Assert.Equal(Feature.OffText("mail"), Of(status, "mail")["text"]!.ToString());
        Assert.Null(Of(status, "uploads")["text"]);
        Assert.DoesNotContain("Resend", status.Body, StringComparison.OrdinalIgnoreCase);
        Assert.True(status.Body.Length < 1000, status.Body);
    }

    [Fact]
    public async Task Setting_and_ending_are_audited_with_who_why_and_until_when()
    {
        (await SetAsync("mail", minutes: 90)).Expect(200);
        (await SetAsync("uploads", minutes: 30, reason: "Mux is down")).Expect(200);
        (await SetAsync("uploads", minutes: 90, reason: "Still down")).Expect(200);
        (await ClearAsync("uploads")).Expect(200);
        Assert.Equal(
            [
                "switch_cleared Mux is back old:true operator", "switch_set Mux is down old:false operator",
                "switch_set Still down old:true operator"
            ],
            await portal.ListAsync("""
                select action || ' ' || (new_value ->> 'reason') || ' old:' || (old_value is not null) || ' ' || actor_kind
                  from portal.audit_log where entity_type = 'switch' and new_value ->> 'target' = 'uploads'
                    and occurred_at > @since order by 1
                """, new { since = portal.Clock.GetUtcNow().AddMinutes(-5) }));
        var set = await SwitchAsync("uploads");
        Assert.Equal("Still down", set["reason"]!.ToString());
        Assert.NotNull(set["clearedBy"]);
        Assert.Null((await SwitchAsync("mail"))["clearedBy"]);
        Assert.Equal(["mail"], await StatusesAsync("off"));
        (await portal.As("admin").PostAsync("/api/ops/switches", Wanted("uploads", 30, "Because"))).Expect(403);
        (await portal.As("admin").FetchAsync("/api/ops/switches")).Expect(403);
    }

    [Theory]
    [InlineData("uploads", 59, false)]
    [InlineData("uploads", 60, true)]
    [InlineData("mail", 7 * 86400, true)]
    [InlineData("mail", (7 * 86400) + 1, false)]
    [InlineData("signed_playback", 600, false)]
    [InlineData("mux_webhooks", 600, false)]
    public async Task A_switch_has_an_end_and_protections_have_no_switch(string target, int seconds, bool isSet)
    {
        var answer = await portal.As("operator").PostAsync(
            "/api/ops/switches", new { target, reason = "Because", until = portal.Clock.GetUtcNow().AddSeconds(seconds) });
        answer.Expect(isSet ? 200 : 400);
    }

    [Fact]
    public async Task People_on_call_set_and_end_switches_on_their_page()
    {
        using var browser = await portal.SignedInAsync();
        var form = OpsCalls.FormToken((await browser.FetchAsync("/ops")).Body);
        (await browser.SubmitAsync(
            "/ops/switches", ("form", form), ("act", "set"), ("target", "mail"), ("minutes", "60"), ("reason", "Resend is down")))
            .Expect(303);
        var page = (await browser.FetchAsync("/ops")).Expect(200).Body;
        Assert.Contains("Resend is down", page, StringComparison.Ordinal);
        Assert.Contains("End mail", page, StringComparison.Ordinal);
        Assert.Equal(portal.Clock.GetUtcNow().AddHours(1), await UntilAsync("mail"));

        foreach (var (act, target, minutes, reason) in new[]
                 {
                     ("set", "mail", "61", "Because"), ("set", "everything", "60", "Because"), ("set", "mail", "60", " "),
                     ("see", "mail", "60", "x"),
                 })
        {
            (await browser.SubmitAsync(
                "/ops/switches", ("form", form), ("act", act), ("target", target), ("minutes", minutes), ("reason", reason))).Expect(400);
        }

        (await browser.SubmitAsync("/ops/switches", ("form", form), ("act", "clear"), ("target", "mail"), ("reason", "Back"))).Expect(303);
        Assert.Contains("Nothing is switched off.", (await browser.FetchAsync("/ops")).Body, StringComparison.Ordinal);
        (await browser.SubmitAsync("/ops/switches", ("form", form), ("act", "clear"), ("target", "mail"), ("reason", "Back"))).Expect(409);
        (await browser.SubmitAsync("/ops/switches", ("act", "clear"), ("target", "mail"), ("reason", "Back"))).Expect(403);
    }

    private static JsonNode Of(Answer status, string feature) =>
        status.Field("features").AsArray().Single(each => each!["feature"]!.ToString() == feature)!;

    private object Wanted(string target, int minutes, string reason) =>
        new { target, reason, until = portal.Clock.GetUtcNow().AddMinutes(minutes) };

    private Task<Answer> SetAsync(string target, int minutes = 60, string reason = "A vendor is away") =>
        portal.As("operator").PostAsync("/api/ops/switches", Wanted(target, minutes, reason));

    private Task<Answer> ClearAsync(string target) =>
        portal.As("operator").PostAsync("/api/ops/switches/clear", new { target, reason = "Mux is back" });

    private async Task<Answer> ReadAsync() => (await portal.As("operator").FetchAsync("/api/ops/switches")).Expect(200);

    private async Task<JsonNode> SwitchAsync(string target) =>
        (await ReadAsync()).Field("items").AsArray().Single(each => each!["target"]!.ToString() == target)!;

    private async Task<JsonNode> CircuitAsync(string vendor) =>
        (await ReadAsync()).Field("circuits").AsArray().Single(each => each!["vendor"]!.ToString() == vendor)!;

    private async Task<DateTimeOffset> UntilAsync(string target) => (await SwitchAsync(target))["until"]!.GetValue<DateTimeOffset>();

    private async Task<IEnumerable<string>> StatusesAsync(string status) =>
        (await portal.Anonymous.FetchAsync("/api/status")).Expect(200).Field("features").AsArray()
            .Where(each => each!["status"]!.ToString() == status).Select(each => each!["feature"]!.ToString());

    private Task<Answer> InviteAsync(string email) => portal.As("admin").PostAsync("/api/invites", new { email, role = "client" });

    private Task<Answer> ReissueAsync(Guid invite) => portal.As("admin").PostAsync($"/api/invites/{invite}/reissue", new { });

    private Task<Answer> CreateLinkAsync(Guid asset) => portal.As("agency").PostAsync("/api/share-links", new { assetId = asset });

    /// <summary>A project of which one person is told by mail.</summary>
    private async Task<Guid> SoleProjectAsync(string name) => (await portal.As("admin").PostAsync(
        "/api/projects", new { name, memberIds = new[] { TestPeople.UserId("agency") } })).Expect(201).Id;

    private Task<IReadOnlyList<string>> StatesAsync(Guid aggregate) => portal.ListAsync(
        "select distinct status from portal.deliveries where aggregate_id = @aggregate and channel = 'email'", new { aggregate });

    private Task<long> AttemptsAsync(Guid aggregate) => portal.ScalarAsync<long>(
        "select coalesce(sum(attempts), 0) from portal.deliveries where aggregate_id = @aggregate and channel = 'email'",
        new { aggregate });
}
