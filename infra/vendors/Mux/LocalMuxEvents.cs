using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Puts events of uploads and assets into the outbox, in Mux's envelope, inside the transaction that causes them.</summary>
internal sealed class LocalMuxEvents(VendorHost host, WebhookOutbox outbox, string environmentId)
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.ffffff'Z'";

    public Task UploadAsync(NpgsqlConnection c, NpgsqlTransaction t, string type, UploadRow upload) =>
        EmitAsync(c, t, type, "upload", upload.Id, upload.Id, MuxJson.Upload(upload, url: null));

    public async Task AssetAsync(NpgsqlConnection c, NpgsqlTransaction t, string type, AssetRow asset)
    {
        var data = (await MuxJson.AssetsAsync(c, [asset], t, webhook: true))[0];
        await EmitAsync(c, t, type, "asset", asset.Id, asset.Lane, data);
    }

    public async Task RenditionAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string type, AssetRow asset, RenditionRow rendition, long size)
    {
        var data = MuxJson.Rendition(rendition, MuxJson.Media(asset), size);
        data["asset_id"] = asset.Id;
        await EmitAsync(c, t, type, "asset", asset.Id, asset.Lane, data);
    }

    private Task EmitAsync(NpgsqlConnection c, NpgsqlTransaction t, string type, string kind, string id, string lane, JsonObject data)
    {
        var eventId = Guid.CreateVersion7(host.Now).ToString();
        return outbox.EmitAsync(c, t, eventId, type, lane, new JsonObject
        {
            ["type"] = type,
            ["request_id"] = null,
            ["object"] = new JsonObject { ["type"] = kind, ["id"] = id },
            ["id"] = eventId,
            ["environment"] = new JsonObject { ["name"] = "Local", ["id"] = environmentId },
            ["data"] = data,
            ["created_at"] = host.Now.ToString(Timestamp, CultureInfo.InvariantCulture),
            ["attempts"] = new JsonArray(),
            ["accessor_source"] = null,
            ["accessor"] = null,
        });
    }
}
