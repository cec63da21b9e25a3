using System.Text.Json;
using Portal.Audit;
using Portal.Vendors.Mux;
using Portal.Webhooks;

namespace Portal.Uploads;

/// <summary>
/// From Mux event name to use case: the only place in the product where these names stand. Names not listed are recorded and left.
/// Events come in any order and more than once; <see cref="SettleUpload"/> moves forward only.
/// </summary>
public sealed class MuxEvents(SettleUpload settle)
{
    public async Task<Handled> HandleAsync(string eventId, string type, JsonElement envelope, CancellationToken ct)
    {
        var data = envelope.GetProperty("data");
        var actor = Actor.Mux(eventId);
        switch (type)
        {
            case "video.upload.asset_created" or "video.upload.errored" or "video.upload.cancelled":
                return Read(await settle.UploadNewsAsync(MuxWire.Upload(data), MuxWire.UploadPassthrough(data), actor, ct));
            case "video.asset.created" or "video.asset.ready" or "video.asset.errored" or "video.asset.updated":
                return Read(await settle.AssetNewsAsync(MuxWire.Asset(data), actor, ct));
            default:
                return new(HandledAs.Ignored, "not_used", null);
        }
    }

    private static Handled Read(Settled settled) => settled.As switch
    {
        SettledAs.NoJob => new(HandledAs.NotYet, "no_job", null),
        SettledAs.NotOurs => new(HandledAs.Ignored, "not_ours", null),
        SettledAs.Unwanted => new(HandledAs.Done, "unwanted", settled.Upload),
        SettledAs.Moved => new(HandledAs.Done, "moved", settled.Upload),
        _ => new(HandledAs.Done, "nothing_new", settled.Upload),
    };
}
