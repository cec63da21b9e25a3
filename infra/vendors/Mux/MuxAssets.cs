using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Assets: create from a URL, get, list (pages or cursor), change, delete.</summary>
internal sealed class MuxAssets(VendorHost host, MuxAssetCreation birth, LocalMuxEvents events)
{
    public void Map(MuxApi api, WebApplication app)
    {
        api.Map(app, "POST", "/video/v1/assets", CreateAsync);
        api.Map(app, "GET", "/video/v1/assets", ListAsync);
        api.Map(app, "GET", "/video/v1/assets/{id}", GetAsync);
        api.Map(app, "GET", "/video/v1/assets/{id}/input-info", InputInfoAsync);
        api.Map(app, "PATCH", "/video/v1/assets/{id}", ChangeAsync);
        api.Map(app, "DELETE", "/video/v1/assets/{id}", DeleteAsync);
    }

    private async Task<VendorReply> CreateAsync(HttpContext context)
    {
        var (readable, body) = await MuxApi.BodyAsync(context);
        if (!readable)
        {
            return MuxApi.Refuse(400, "The request body is not a JSON object.");
        }
        if (MuxSettings.Problem(body) is { } problem)
        {
            return MuxApi.Refuse(400, problem);
        }
        var inputs = (body["inputs"] ?? body["input"]) as JsonArray;
        if (inputs?.FirstOrDefault() is not JsonObject first || string.IsNullOrWhiteSpace(first.Text("url")))
        {
            return MuxApi.Refuse(400, "inputs must start with one that has a url");
        }
        var json = await host.TransactAsync(async (connection, transaction) =>
        {
            var asset = await birth.CreateAsync(connection, transaction, new AssetRow
            {
                Id = Ids.New(44),
                InputUrl = first.Text("url"),
                Settings = VendorReply.Text(body),
            });
            await birth.AnnounceAsync(connection, transaction, asset);
            return (await MuxJson.AssetsAsync(connection, [asset], transaction))[0];
        }, context.RequestAborted);
        return MuxApi.Data(201, json);
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        return await MuxStore.AssetAsync(connection, context.Route("id")) is { } asset
            ? MuxApi.Data(200, (await MuxJson.AssetsAsync(connection, [asset]))[0])
            : MuxApi.NotFound;
    }

    private async Task<VendorReply> InputInfoAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        return await MuxStore.AssetAsync(connection, context.Route("id")) is { } asset
            ? MuxApi.Data(200, new JsonArray(MuxJson.InputInfo(asset, host.Address)))
            : MuxApi.NotFound;
    }

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        if (MuxApi.Paging(context) is not { } paging || !TryCursor(context, out var before))
        {
            return MuxApi.Refuse(400, "page starts at 1, limit is 1 to 100, and cursor comes from next_cursor");
        }
        string? uploadId = context.Request.Query["upload_id"];
        if (!string.IsNullOrEmpty(context.Request.Query["live_stream_id"]))
        {
            return new VendorReply(200, new JsonObject { ["data"] = new JsonArray(), ["next_cursor"] = null });
        }
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        // One row more than asked for tells whether there is a next page.
        var assets = await MuxStore.AssetsAsync(
            connection, paging.Limit + 1, before is null ? paging.Skip : 0, before, string.IsNullOrEmpty(uploadId) ? null : uploadId);
        var page = assets.Take(paging.Limit).ToList();
        return new VendorReply(200, new JsonObject
        {
            ["data"] = new JsonArray([.. await MuxJson.AssetsAsync(connection, page)]),
            ["next_cursor"] = assets.Count > page.Count ? Cursor(page[^1].Seq) : null,
        });
    }

    private async Task<VendorReply> ChangeAsync(HttpContext context)
    {
        var (readable, body) = await MuxApi.BodyAsync(context);
        if (!readable)
        {
            return MuxApi.Refuse(400, "The request body is not a JSON object.");
        }
        if ((MuxSettings.TextProblem(body, "passthrough", 255) ?? MuxSettings.MetaProblem(body["meta"])) is { } problem)
        {
            return MuxApi.Refuse(400, problem);
        }
        return await host.TransactAsync(async (connection, transaction) =>
        {
            if (await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true) is not { } asset)
            {
                return MuxApi.NotFound;
            }
            // What the request leaves out stays as it is; an explicit null clears.
            var passthrough = body.ContainsKey("passthrough") ? body.Text("passthrough") : asset.Passthrough;
            var meta = body.ContainsKey("meta") ? body["meta"] is { } given ? VendorReply.Text(given) : null : asset.Meta;
            await MuxStore.UpdateAssetAsync(connection, transaction, asset.Id, passthrough, meta);
            var changed = (await MuxStore.AssetAsync(connection, asset.Id, transaction))!;
            await events.AssetAsync(connection, transaction, "video.asset.updated", changed);
            return MuxApi.Data(200, (await MuxJson.AssetsAsync(connection, [changed], transaction))[0]);
        }, context.RequestAborted);
    }

    private Task<VendorReply> DeleteAsync(HttpContext context) => host.TransactAsync(async (connection, transaction) =>
    {
        switch (await MuxStore.AssetAsync(connection, context.Route("id"), transaction, locked: true))
        {
            case null:
                return MuxApi.NotFound;
            case { Status: "preparing" }:
                return MuxApi.Refuse(400, "Can't delete a preparing asset.");
            case { } asset:
                await events.AssetAsync(connection, transaction, "video.asset.deleted", asset);
                await MuxStore.DeleteAssetAsync(connection, transaction, asset, host.Now.UtcDateTime);
                return new VendorReply(204);
        }
    }, context.RequestAborted);

    private static string Cursor(long seq) => Convert.ToBase64String(Encoding.ASCII.GetBytes(seq.ToString(CultureInfo.InvariantCulture)));

    private static bool TryCursor(HttpContext context, out long? before)
    {
        before = null;
        string? text = context.Request.Query["cursor"];
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }
        var bytes = new byte[text.Length];
        if (Convert.TryFromBase64String(text, bytes, out var length)
            && long.TryParse(bytes.AsSpan(0, length), NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
        {
            before = seq;
            return true;
        }
        return false;
    }
}
