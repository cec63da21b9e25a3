using System.Globalization;
using System.Text.Json.Nodes;
using Portal.LocalVendors;

namespace Portal.Local.Demo;

/// <summary>
/// The main job, done as people do it: over HTTP, by the frontend, a guest and Mux. Only to show what arrives behind the scenes does it
/// look elsewhere (<see cref="WebhookWatch"/>).
/// </summary>
internal sealed class DemoRun(LocalPortal portal, Browser browser, DemoFile file, Screen screen, TimeProvider clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan HearLimit = TimeSpan.FromMinutes(1);
    private const string Hook = "demo";

    private string step = "";
    private string? instance;
    private string? watch;

    /// <returns>False if a step failed; what and why is printed.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        screen.Heading($"The main job with {file.Name} ({file.Size})");
        var succeeded = await TryAsync(() => WorkAsync(ct), ct);
        if (instance is not null)
        {
            succeeded &= await TryAsync(() => ShowHistoryAsync(ct), ct);
        }

        if (succeeded)
        {
            screen.Heading("Every step succeeded.");
            screen.Line($"  Watch it here: {watch}");
        }

        return succeeded;
    }

    private async Task<bool> TryAsync(Func<Task> work, CancellationToken ct)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested
            && exception is StepFailedException or LauncherException or HttpRequestException or IOException or OperationCanceledException)
        {
            screen.FailedStep(step, exception.Message);
            return false;
        }
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        await StepAsync(
            "Sign in", async () =>
                $"{await browser.SignInAsync(DemoPeople.Admin, ct)} and {await browser.SignInAsync(DemoPeople.Agency, ct)}, at Clerk");
        await StepAsync("Webhook endpoint", () => SubscribeAsync(ct));
        var project = await StepAsync(
            "Create project", () => CreateProjectAsync(ct), answer => $"{answer.Field("name")} (admin; agency is a member)");
        var upload = await StepAsync("Request upload", () => RequestUploadAsync(project, ct), answer => $"{answer.Field("id")} (agency)");
        await StepAsync("Send the bytes", () => SendAsync(upload, ct));
        var settled = await StepAsync(
            "Settle", () => SettleAsync(upload.Field("id"), ct), status => status == "ready" ? "ready" : $"the upload is {status}");
        if (settled != "ready")
        {
            await ExplainAsync(upload.Field("id"), ct);
        }

        await ShareAndPlayAsync(upload.Field("assetId"), ct);
    }

    /// <summary>The receiver beside the vendors gets every event; one of an earlier demo does as well.</summary>
    private async Task<string> SubscribeAsync(CancellationToken ct)
    {
        const string Path = "/api/webhook-endpoints";
        var url = portal.Vendors.Receiver.HookUrl(Hook).ToString();
        var there = (await browser.AskAsync(HttpMethod.Get, $"{Path}?enabled=true&limit=200", DemoPeople.Admin, null, ct)).Expect(200);
        if (!there.Json!["items"]!.AsArray().Any(endpoint => (string?)endpoint!["url"] == url))
        {
            (await browser.AskAsync(HttpMethod.Post, Path, DemoPeople.Admin, new { url, description = "Of the demo" }, ct)).Expect(201);
        }

        return url;
    }

    /// <summary>Until the receiver knows of the link's end.</summary>
    private async Task<string> HearAsync(string link, CancellationToken ct)
    {
        var receiver = portal.Vendors.Receiver;
        for (var began = clock.GetTimestamp(); !receiver.Of(Hook).Any(Told); await Task.Delay(LookEvery, clock, ct))
        {
            if (clock.GetElapsedTime(began) > HearLimit)
            {
                throw new StepFailedException($"the receiver has heard nothing of the link's end in {HearLimit.TotalSeconds:0} s");
            }
        }

        return $"{receiver.Of(Hook).Count} signed events, shown at {LocalSettings.Text(receiver.Address)}";

        bool Told(ArrivedWebhook webhook) => webhook.Body.Contains("\"share_link_revoked\"", StringComparison.Ordinal)
            && webhook.Body.Contains(link, StringComparison.Ordinal);
    }

    private async Task<DemoAnswer> CreateProjectAsync(CancellationToken ct) => (await browser.AskAsync(
        HttpMethod.Post, "/api/projects", DemoPeople.Admin, new { name = "Autumn campaign", memberIds = new[] { DemoPeople.Agency.Id } },
        ct)).Expect(201);

    private async Task<DemoAnswer> RequestUploadAsync(DemoAnswer project, CancellationToken ct)
    {
        var asked = new { projectId = project.Field("id"), fileName = file.Name, sizeBytes = file.Length };
        var answer = await browser.AskAsync(HttpMethod.Post, "/api/uploads", DemoPeople.Agency, asked, ct);
        if (answer.Status == 429)
        {
            throw new StepFailedException($"{answer.Problem} Start over with --fresh, or upload as somebody else.");
        }

        answer.Expect(201, 202);
        instance = $"{answer.Field("id")}-{answer.Field("attempt")}";
        // 202: Mux has not answered yet; the address of the upload comes with the job.
        for (var began = clock.GetTimestamp(); answer.Json!["target"] is null; answer = await ReadUploadAsync(answer.Field("id"), ct))
        {
            if (answer.Field("status") != "waiting" || clock.GetElapsedTime(began) > SettleLimit)
            {
                throw new StepFailedException($"there is no address to send the bytes to; the upload is {answer.Field("status")}");
            }

            await Task.Delay(LookEvery, clock, ct);
        }

        return answer;
    }

    private async Task<string> SendAsync(DemoAnswer upload, CancellationToken ct)
    {
        using var http = new HttpClient();
        var chunks = await new ResumablePut(http, file, (string)upload.Json!["target"]!["url"]!, screen.Report, clock).RunAsync(ct);
        return string.Create(
            CultureInfo.InvariantCulture, $"{file.Size} in {chunks} {(chunks == 1 ? "chunk" : "chunks")}, straight to Mux");
    }

    private async Task<string> SettleAsync(string id, CancellationToken ct)
    {
        var watch = new WebhookWatch(portal.Vendors.Mux, portal.Database.Data, id);
        var status = "waiting";
        for (var began = clock.GetTimestamp(); ; await Task.Delay(LookEvery, clock, ct))
        {
            var now = (await ReadUploadAsync(id, ct)).Field("status");
            foreach (var line in await watch.NewsAsync(ct))
            {
                screen.Report(line);
            }

            if (now != status)
            {
                screen.Report($"upload {status} → {now}");
                status = now;
            }

            // What Mux told last may still be on its way into the inbox.
            var told = watch.HasAll || clock.GetElapsedTime(began) > HearLimit;
            if (status is not ("waiting" or "processing") && told && await IsOverAsync(ct))
            {
                return status;
            }

            if (clock.GetElapsedTime(began) > SettleLimit)
            {
                throw new StepFailedException($"the upload is still {status} after {SettleLimit.TotalMinutes:0} minutes");
            }
        }
    }

    /// <exception cref="StepFailedException">Always: this upload did not become ready.</exception>
    private async Task ExplainAsync(string id, CancellationToken ct)
    {
        var upload = await ReadUploadAsync(id, ct);
        step = "Not playable";
        var failure = upload.Json!["failure"] as JsonObject;
        throw new StepFailedException(failure is null
            ? $"the upload ended {upload.Field("status")}"
            : $"Mux: {failure["reason"]} (code {failure["code"]}). The upload is {upload.Field("status")}; the rest of the portal goes on.");
    }

    private async Task ShareAndPlayAsync(string assetId, CancellationToken ct)
    {
        var link = await StepAsync(
            "Share link", () => ShareAsync(new { assetId, label = "For the client" }, ct), answer => Shorten(answer.Field("url")));
        var api = $"{portal.App}/api/share/{link.Field("token")}";
        var opened = await StepAsync(
            "Guest opens it",
            async () => (await browser.GetAsync(api, "opening the link", ct)).Expect(200),
            answer => $"200, “{answer.Field("title")}”, without a session");
        await new PlaybackCheck(browser, file).RunAsync(opened.Field("playbackUrl"), StepAsync, ct);
        await StepAsync("Revoke", async () =>
        {
            var path = $"/api/share-links/{link.Field("id")}/revoke";
            var answer = await browser.AskAsync(HttpMethod.Post, path, DemoPeople.Agency, null, ct);
            return $"the link is {answer.Expect(200).Field("status")}";
        });
        await StepAsync("Guest opens it", async () =>
        {
            var refused = (await browser.GetAsync(api, "opening the revoked link", ct)).Expect(403);
            return refused.ProblemType == "/problems/share-link-unavailable"
                ? $"403 {refused.ProblemType}"
                : throw new StepFailedException($"403, but the problem is {refused.ProblemType}");
        });
        await StepAsync("Webhooks", () => HearAsync(link.Field("id"), ct));
        watch = await StepAsync("Another link", async () =>
        {
            var another = new { assetId, label = "For you", allowComments = true, allowDownload = true };
            var page = (await ShareAsync(another, ct)).Field("url");
            return await browser.HeadAsync(page, ct) == 200 ? page : throw new StepFailedException("its page does not open");
        });
    }

    private async Task<DemoAnswer> ShareAsync(object asked, CancellationToken ct) =>
        (await browser.AskAsync(HttpMethod.Post, "/api/share-links", DemoPeople.Agency, asked, ct)).Expect(201);

    private async Task<DemoAnswer> ReadUploadAsync(string id, CancellationToken ct) =>
        (await browser.AskAsync(HttpMethod.Get, $"/api/uploads/{id}", DemoPeople.Agency, null, ct)).Expect(200);

    private async Task<bool> IsOverAsync(CancellationToken ct) => (await ReadInstanceAsync(ct)).Status == 200;

    private async Task ShowHistoryAsync(CancellationToken ct)
    {
        step = "History";
        var answer = (await ReadInstanceAsync(ct)).Expect(200, 202);
        var status = answer.Field("runtimeStatus");
        screen.Heading($"How the orchestration {answer.Field("name")} went: {status}");
        screen.Line($"  {instance}");
        screen.Table(HistoryTable.Of((JsonObject)answer.Json!));
        if (status is "Failed" or "Terminated")
        {
            throw new StepFailedException($"the orchestration ended {status}");
        }
    }

    private Task<DemoAnswer> ReadInstanceAsync(CancellationToken ct)
    {
        var path = $"/runtime/webhooks/durabletask/instances/{instance}?showHistory=true&showHistoryOutput=true";
        return browser.GetAsync($"{portal.App}{path}&code={portal.Secrets.SystemKey}", "the orchestration's history", ct);
    }

    private Task<T> StepAsync<T>(string what, Func<Task<T>> run, Func<T, string> describe)
    {
        step = what;
        return screen.StepAsync(what, run, describe);
    }

    private Task<string> StepAsync(string what, Func<Task<string>> run) => StepAsync(what, run, text => text);

    private static string Shorten(string url) => url.Length <= 60 ? url : url[..60] + "…";
}
