using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Playback ids of an asset, and which asset a playback id belongs to.</summary>
internal sealed class MuxPlaybackIds(VendorHost host, LocalMuxEvents events)
{
    public void Map(MuxApi api, WebApplication app)
    {
        api.Map(app, "POST", "/video/v1/assets/{id}/playback-ids", CreateAsync);
        api.Map(app, "GET", "/video/v1/assets/{id}/playback-ids/{playbackId}", GetAsync);
        api.Map(app, "DELETE", "/video/v1/assets/{id}/playback-ids/{playbackId}", DeleteAsync);
        api.Map(app, "GET", "/video/v1/playback-ids/{playbackId}", FindAsync);
    }

    private async Task<VendorReply> CreateAsync(HttpContext context)
    {
        var (readable, body) = await MuxApi.BodyAsync(context);
        var policy = body.Text("policy");
        if (!readable || MuxSettings.PolicyProblem(policy) is not null)
        {
            return MuxApi.Refuse(400, MuxSettings.PolicyProblem(policy) ?? "The request body is not a JSON object.");
        }
        return await host.TransactAsync(async (connection, transaction) =>
        {
            if (await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true) is not { } asset)
            {
                return MuxApi.NotFound;
            }
            var row = new PlaybackIdRow { Id = Ids.New(44), AssetId = asset.Id, Policy = policy! };
            await MuxStore.InsertPlaybackIdAsync(connection, transaction, row.Id, asset.Id, row.Policy);
            await events.AssetAsync(connection, transaction, "video.asset.updated", asset);
            return MuxApi.Data(201, MuxJson.PlaybackId(row));
        }, context.RequestAborted);
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        return await MuxStore.PlaybackIdAsync(connection, context.Route("playbackId")) is { } row && row.AssetId == context.Route("id")
            ? MuxApi.Data(200, MuxJson.PlaybackId(row))
            : MuxApi.NotFound;
    }

    private Task<VendorReply> DeleteAsync(HttpContext context) => host.TransactAsync(async (connection, transaction) =>
    {
        var asset = await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true);
        if (asset is null || !await MuxStore.DeletePlaybackIdAsync(connection, transaction, asset.Id, context.Route("playbackId")))
        {
            return MuxApi.NotFound;
        }
        await events.AssetAsync(connection, transaction, "video.asset.updated", asset);
        return new VendorReply(204);
    }, context.RequestAborted);

    private async Task<VendorReply> FindAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        if (await MuxStore.PlaybackIdAsync(connection, context.Route("playbackId")) is not { } row)
        {
            return MuxApi.NotFound;
        }
        var json = MuxJson.PlaybackId(row);
        json["object"] = new JsonObject { ["type"] = "asset", ["id"] = row.AssetId };
        return MuxApi.Data(200, json);
    }
}
