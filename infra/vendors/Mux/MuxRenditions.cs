using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Static renditions: downloadable files beside the stream.</summary>
internal sealed class MuxRenditions(VendorHost host, LocalMuxOptions options, LocalMuxEvents events)
{
    public void Map(MuxApi api, WebApplication app)
    {
        api.Map(app, "POST", "/video/v1/assets/{id}/static-renditions", CreateAsync);
        api.Map(app, "DELETE", "/video/v1/assets/{id}/static-renditions/{renditionId}", DeleteAsync);
    }

    private async Task<VendorReply> CreateAsync(HttpContext context)
    {
        var (readable, body) = await MuxApi.BodyAsync(context);
        if (!readable || MuxSettings.RenditionProblem(body) is not null)
        {
            return MuxApi.Refuse(400, MuxSettings.RenditionProblem(body) ?? "The request body is not a JSON object.");
        }
        return await host.TransactAsync(async (connection, transaction) =>
        {
            if (await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true) is not { } asset)
            {
                return MuxApi.NotFound;
            }
            var row = new RenditionRow
            {
                Id = Ids.New(44),
                AssetId = asset.Id,
                Resolution = body.Text("resolution")!,
                Passthrough = body.Text("passthrough"),
                Status = "preparing",
            };
            if ((await MuxStore.RenditionsAsync(connection, [asset.Id],
                transaction))[asset.Id].Any(one => one.Resolution == row.Resolution && one.Status is not ("errored" or "skipped")))
            {
                return MuxApi.Refuse(400, $"A static rendition with resolution {row.Resolution} exists already.");
            }
            await MuxStore.InsertRenditionAsync(connection, transaction, row);
            await events.RenditionAsync(connection, transaction, "video.asset.static_rendition.created", asset, row, 0);
            // While the asset is preparing, its own readiness schedules the rendition.
            if (asset.Status == "ready")
            {
                await host.Work.ScheduleAsync(
                    connection, transaction, MuxEncoding.RenditionKind, $"{asset.Id}/{row.Id}", host.Now + options.EncodingTime);
            }
            return MuxApi.Data(201, MuxJson.Rendition(row, null, 0));
        }, context.RequestAborted);
    }

    private Task<VendorReply> DeleteAsync(HttpContext context) => host.TransactAsync(async (connection, transaction) =>
    {
        var asset = await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true);
        var row = asset is null
            ? null
            : (
                await MuxStore.RenditionsAsync(connection, [asset.Id], transaction))[asset.Id].FirstOrDefault(one =>
                    one.Id == context.Route("renditionId"));
        if (asset is null || row is null)
        {
            return MuxApi.NotFound;
        }
        await MuxStore.DeleteRenditionAsync(connection, transaction, asset.Id, row.Id);
        await events.RenditionAsync(connection, transaction, "video.asset.static_rendition.deleted", asset, row, 0);
        return new VendorReply(204);
    }, context.RequestAborted);
}
