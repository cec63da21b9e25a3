using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Direct uploads: create, get, list, cancel. The bytes are <see cref="MuxUploadBytes"/>.</summary>
internal sealed class MuxUploads(VendorHost host, LocalMuxEvents events)
{
    public const string TimeoutKind = "upload-timeout";

    public void Map(MuxApi api, WebApplication app)
    {
        api.Map(app, "POST", "/video/v1/uploads", CreateAsync);
        api.Map(app, "GET", "/video/v1/uploads", ListAsync);
        api.Map(app, "GET", "/video/v1/uploads/{id}", GetAsync);
        api.Map(app, "PUT", "/video/v1/uploads/{id}/cancel", CancelAsync);
        // No webhook tells of a timeout; only a later GET does.
        host.Work.On(TimeoutKind, async (row, connection, transaction, _) =>
        {
            if (await MuxStore.MoveUploadAsync(connection, transaction, row.Subject, "timed_out"))
            {
                await StoredFiles.DeleteAsync(
                    (await MuxStore.UploadAsync(connection, row.Subject, transaction))!.FileId, connection, transaction);
            }
            return null;
        });
    }

    private string Url(UploadRow upload) => $"{host.Address}/upload/{upload.Secret}";

    private async Task<VendorReply> CreateAsync(HttpContext context)
    {
        var (readable, body) = await MuxApi.BodyAsync(context);
        if (!readable)
        {
            return MuxApi.Refuse(400, "The request body is not a JSON object.");
        }
        var timeout = body["timeout"] is null ? 3600 : body.Whole("timeout");
        if (timeout is null or < 60 or > 604800)
        {
            return MuxApi.Refuse(400, "timeout must be between 60 and 604800 seconds");
        }
        if (body["new_asset_settings"] is { } given && given is not JsonObject)
        {
            return MuxApi.Refuse(400, "new_asset_settings must be an object");
        }
        var settings = body["new_asset_settings"] as JsonObject ?? [];
        if ((MuxSettings.TextProblem(body, "cors_origin", 2048) ?? MuxSettings.Problem(settings)) is { } problem)
        {
            return MuxApi.Refuse(400, problem);
        }
        var upload = await host.TransactAsync(async (connection, transaction) =>
        {
            var row = new UploadRow
            {
                Id = Ids.New(45),
                Secret = Ids.New(48),
                Status = "waiting",
                TimeoutS = (int)timeout,
                CorsOrigin = body.Text("cors_origin"),
                Test = body.Flag("test"),
                Settings = VendorReply.Text(settings),
                FileId = await host.Files.CreateAsync(connection, transaction),
                CreatedAt = host.Now.UtcDateTime,
            };
            await MuxStore.InsertUploadAsync(connection, transaction, row);
            await host.Work.ScheduleAsync(connection, transaction, TimeoutKind, row.Id, host.Now.AddSeconds(row.TimeoutS));
            await events.UploadAsync(connection, transaction, "video.upload.created", row);
            return row;
        }, context.RequestAborted);
        context.Response.Headers["x-request-id"] = Guid.NewGuid().ToString();
        return MuxApi.Data(201, MuxJson.Upload(upload, Url(upload)));
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var upload = await MuxStore.UploadAsync(connection, context.Route("id"));
        return upload is null ? MuxApi.NotFound : MuxApi.Data(200, MuxJson.Upload(upload, Url(upload)));
    }

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        if (MuxApi.Paging(context) is not { } paging)
        {
            return MuxApi.Refuse(400, "page starts at 1 and limit is 1 to 100");
        }
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var uploads = await MuxStore.UploadsAsync(connection, paging.Limit, paging.Skip);
        return MuxApi.Data(200, new JsonArray([.. uploads.Select(upload => MuxJson.Upload(upload, Url(upload)))]));
    }

    private Task<VendorReply> CancelAsync(HttpContext context) => host.TransactAsync(async (connection, transaction) =>
    {
        var moved = await MuxStore.MoveUploadAsync(connection, transaction, context.Route("id"), "cancelled");
        var upload = await MuxStore.UploadAsync(connection, context.Route("id"), transaction);
        if (upload is null)
        {
            return MuxApi.NotFound;
        }
        if (!moved)
        {
            return MuxApi.Refuse(403, $"Cannot cancel an upload with status {upload.Status}");
        }
        await StoredFiles.DeleteAsync(upload.FileId, connection, transaction);
        await events.UploadAsync(connection, transaction, "video.upload.cancelled", upload);
        return MuxApi.Data(200, MuxJson.Upload(upload, Url(upload)));
    }, context.RequestAborted);
}
