using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Webhooks;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>
/// From Mux event name to use case: the only place in the product where these names stand. Names not listed are recorded and left.
/// Events come in any order and more than once; <see cref="SettleUpload"/> moves forward only.
/// </summary>
public sealed class MuxEvents(SettleUpload settle, DeleteUnwantedAssets deletions) : IWebhookHandler
{
    private enum About
    {
        Nothing,
        Upload,
        Asset,
    }

    public string Provider => "mux";

    /// <summary>Mux puts the id into the body.</summary>
    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        WebhookBody.Word(body.Text("id")) is { } id && WebhookBody.Word(body.Text("type")) is { } type && body.Object("data") is not null
            ? (id, type)
            : null;

    public bool Uses(string type) => Subject(type) != About.Nothing;

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var data = webhook.Body.GetProperty("data");
        var actor = Actor.Mux(webhook.Id);
        return Subject(webhook.Type) switch
        {
            About.Upload => Read(await settle.ApplyUploadAsync(MuxWire.Upload(data), MuxWire.UploadPassthrough(data), actor, ct)),
            About.Asset => Read(await settle.ApplyAssetAsync(MuxWire.Asset(data), actor, ct)),
            _ => new(HandledAs.Ignored, "not_used"),
        };
    }

    private static About Subject(string type) => type switch
    {
        "video.upload.asset_created" or "video.upload.errored" or "video.upload.cancelled" => About.Upload,
        "video.asset.created" or "video.asset.ready" or "video.asset.errored" or "video.asset.updated" => About.Asset,
        _ => About.Nothing,
    };

    private Handled Read(Settled settled) => settled.As switch
    {
        SettledAs.NoJob => new(HandledAs.NotYet, "no_job"),
        SettledAs.NotOurs => new(HandledAs.Ignored, "not_ours"),
        SettledAs.Unwanted => new(HandledAs.Done, "unwanted", Signal(settled), After: deletions.RunAsync),
        SettledAs.Moved => new(HandledAs.Done, "moved", Signal(settled)),
        _ => new(HandledAs.Done, "nothing_new", Signal(settled)),
    };

    private static OrchestrationSignal? Signal(Settled settled) =>
        settled.Upload is { } upload ? new(upload.InstanceId, UploadRef.ChangedEvent) : null;
}
