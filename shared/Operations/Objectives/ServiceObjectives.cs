using Portal.Foundation.Alerts;

namespace Portal.Operations.Objectives;

/// <summary>
/// All promises with their numbers. docs/playbook/operations/slo-and-incident-response.md is the same table; a test holds it to this one.
/// </summary>
public static class ServiceObjectives
{
    private const string Reliability = "Reliability";
    private const string Video = "Video platform";
    private const string Compliance = "Compliance";

    // Probes say by 503 that something is away: they are no requests of anybody.
    private static readonly FunctionSet Everything = new(false, "HealthLive", "HealthReady");

    // Of those that carry files to whoever asks, the time depends on the file; of those that wait for changes, on what happens.
    private static readonly FunctionSet Quick = new(
        false,
        [
            .. Everything.Names, "ExportAudit", "DownloadExport", "DownloadMyExport", "DownloadShared", "GuestPageDownload",
            "ReadPlaybackEvidence", "VerifyAudit", "ListChanges", "ListSharedChanges",
        ]);

    private static readonly FunctionSet Streams = new(true, "OpenShareLink", "PlayAsset", "PlayAssetVersion", "GuestPage");

    /// <summary>They give out tokens, each with its row of the playback audit.</summary>
    public static readonly IReadOnlyList<string> Minting = [.. Streams.Names, "DownloadShared", "GuestPageDownload"];

    private static readonly FunctionSet Guests = new(
        true,
        [.. Minting, "UnlockShareLink", "ReadSharedConsents", "DecideSharedConsents", "GuestPageUnlock", "GuestPageComments"]);

    private static readonly FunctionSet Replays = new(
        true, "ReplayUpload", "ReplayWebhook", "ReplayOrchestration", "RetryDelivery");

    public static IReadOnlyList<ServiceObjective> All { get; } =
    [
        new(
            Objective.Availability, "Requests are not answered with a fault of ours (5xx)", new Indicator.Answered(Everything),
            new ErrorBudget.Share(0.999m), 10, true, Reliability),
        new(
            Objective.ApiLatency, "Requests are answered in less than a second", new Indicator.Fast(1000, Quick),
            new ErrorBudget.Share(0.99m), 10, false, Reliability),
        new(
            Objective.PlaybackAvailability, "Who wants to watch is not answered with a fault of ours", new Indicator.Answered(Guests),
            new ErrorBudget.Share(0.999m), 5, true, Video),
        new(
            Objective.PlaybackSuccess, "Who asks for a video gets a token for it", new Indicator.Rows(),
            new ErrorBudget.Share(0.99m), 5, true, Video),
        new(
            Objective.ShareOpenLatency, "A token is made in less than 300 ms", new Indicator.Fast(300, Streams),
            new ErrorBudget.Share(0.99m), 10, true, Video),
        new(
            Objective.WebhookSuccess, "Webhooks are processed and do not die", new Indicator.Rows(),
            new ErrorBudget.Share(0.995m), 3, true, Reliability),
        new(
            Objective.Revocation, "15 minutes after a link was revoked nothing of it plays", new Indicator.Rows(),
            new ErrorBudget.Share(0.99m), 2, true, Video),
        new(
            Objective.ErasureInTime, "Erasures are done within 24 hours of their start", new Indicator.Rows(),
            new ErrorBudget.Share(0.99m), 1, false, Compliance),
        new(
            Objective.Replay, "Replays and retries of people on call are under way in less than a minute",
            new Indicator.Fast(60_000, Replays), new ErrorBudget.Share(0.99m), 2, false, Reliability),
        new(
            // Browsers say so, and whoever holds a link could say so in vain: it warns, and wakes nobody.
            Objective.PlaybackErrors, "What players were given plays", new Indicator.Rows(), new ErrorBudget.Share(0.99m), 10, false,
            Video),
        new(
            // One a minute: an outage pages after five, and a bad minute alone does not.
            Objective.SyntheticPlayback, "Who opens a share link can play its video within 5 seconds", new Indicator.Rows(),
            new ErrorBudget.Share(0.995m), 5, true, Video),
        new(
            Objective.Retries, "Uploads are tried again less than 5 times a day", new Indicator.Rows(), new ErrorBudget.Most(5), 5, false,
            Video),
    ];

    public static ServiceObjective Of(string name) => All.Single(objective => objective.Name == name);
}
