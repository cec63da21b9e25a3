using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Signing keys for playback tokens. The private half is answered once, as base64 of a PEM text, and not kept.</summary>
internal sealed class MuxKeys(VendorHost host, LocalMuxOptions options)
{
    public void Map(MuxApi api, WebApplication app)
    {
        // The older address under /video answers alike.
        foreach (var root in new[] { "/system/v1/signing-keys", "/video/v1/signing-keys" })
        {
            api.Map(app, "POST", root, CreateAsync);
            api.Map(app, "GET", root, ListAsync);
            api.Map(app, "GET", root + "/{id}", GetAsync);
            api.Map(app, "DELETE", root + "/{id}", DeleteAsync);
        }
    }

    private async Task<VendorReply> CreateAsync(HttpContext context)
    {
        using var rsa = options.NewKey();
        var row = new { id = Ids.New(44), publicKey = rsa.ExportSubjectPublicKeyInfo(), now = host.Now.UtcDateTime };
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        await connection.ExecuteAsync(
            "insert into vendors.mux_signing_keys (id, public_key, created_at) values (@id, @publicKey, @now)", row);
        var json = Json(row.id, row.now);
        json["private_key"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(rsa.ExportRSAPrivateKeyPem()));
        return MuxApi.Data(201, json);
    }

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        if (MuxApi.Paging(context) is not { } paging)
        {
            return MuxApi.Refuse(400, "page starts at 1 and limit is 1 to 100");
        }
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var rows = await connection.QueryAsync<(string Id, DateTime At)>(
            "select id, created_at from vendors.mux_signing_keys order by seq desc limit @Limit offset @Skip",
            new { paging.Limit, paging.Skip });
        return MuxApi.Data(200, new JsonArray([.. rows.Select(row => Json(row.Id, row.At))]));
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var at = await connection.ExecuteScalarAsync<DateTime?>(
            "select created_at from vendors.mux_signing_keys where id = @id", new { id = context.Route("id") });
        return at is { } created ? MuxApi.Data(200, Json(context.Route("id"), created)) : MuxApi.NotFound;
    }

    private async Task<VendorReply> DeleteAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var gone = await connection.ExecuteAsync("delete from vendors.mux_signing_keys where id = @id", new { id = context.Route("id") });
        return gone == 1 ? new VendorReply(204) : MuxApi.NotFound;
    }

    private static JsonObject Json(string id, DateTime createdAt) => new()
    {
        ["id"] = id,
        ["created_at"] = new DateTimeOffset(createdAt, TimeSpan.Zero).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    };
}
