using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>How an asset comes to be, from an upload's last byte or from a request with a URL: rows, events and the scheduled
/// work.</summary>
internal sealed class MuxAssetCreation(VendorHost host, LocalMuxOptions options, MuxFaults faults, LocalMuxEvents events)
{
    /// <summary>Inserts the asset in state <c>preparing</c>; call inside the transaction that justifies it.</summary>
    public async Task<AssetRow> CreateAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset)
    {
        var settings = asset.SettingsObject();
        var row = new AssetRow
        {
            Id = asset.Id,
            UploadId = asset.UploadId,
            InputUrl = asset.InputUrl,
            Status = "preparing",
            Settings = asset.Settings,
            Passthrough = settings.Text("passthrough"),
            Meta = settings["meta"] is { } meta ? VendorReply.Text(meta) : null,
            Test = asset.Test || settings.Flag("test"),
            FileId = asset.FileId,
            PlannedError = faults.TakeEncodingFailure(),
            CreatedAt = host.Now.UtcDateTime,
        };
        await MuxStore.InsertAssetAsync(c, t, row);
        foreach (var policy in MuxSettings.PoliciesOf(settings))
        {
            await MuxStore.InsertPlaybackIdAsync(c, t, Ids.New(44), row.Id, policy);
        }
        foreach (var (resolution, passthrough) in MuxSettings.RenditionsOf(settings))
        {
            await MuxStore.InsertRenditionAsync(
                c, t, new RenditionRow
                {
                    Id = Ids.New(44),
                    AssetId = row.Id,
                    Resolution = resolution,
                    Passthrough = passthrough,
                    Status = "preparing",
                });
        }
        // An upload's bytes are here; a URL has to be fetched first, at once.
        var (kind, dueAt) = row.FileId is null
            ? (MuxEncoding.FetchKind, host.Now)
            : (MuxEncoding.EncodeKind, host.Now + options.EncodingTime);
        await host.Work.ScheduleAsync(c, t, kind, row.Id, dueAt);
        return row;
    }

    /// <summary><c>video.asset.created</c>, after <c>video.upload.asset_created</c> where there is an upload.</summary>
    public Task AnnounceAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset) =>
        events.AssetAsync(c, t, "video.asset.created", asset);
}
