using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Blob;

/// <summary>The control API: put, whole or in parts, head, list, delete, and delegations for presigned reads.</summary>
internal sealed class BlobApi(VendorHost host, LocalBlobOptions options, LocalBlobTokens tokens, BlobCallbacks callbacks)
{
    private readonly BlobParts parts = new(host);

    private const int MaxPathname = 950;

    public static JsonNode Error(int status, string message) => Error(
        status switch { 404 => "not_found", 413 => "file_too_large", >= 500 => "service_unavailable", _ => "bad_request" }, message);

    public void Map(WebApplication app)
    {
        Map(app, "PUT", "/api/blob", PutAsync, forClients: true);
        Map(app, "POST", "/api/blob/mpu", MultipartAsync, forClients: true);
        Map(app, "GET", "/api/blob", context => context.Request.Query.ContainsKey("url") ? HeadAsync(context) : ListAsync(context));
        Map(app, "POST", "/api/blob/delete", DeleteAsync);
        Map(app, "POST", "/api/blob/signed-token", IssueAsync);
        // Browsers upload straight to the API with a client token.
        app.MapMethods("/api/blob/{**rest}", ["OPTIONS"], (HttpContext context) =>
        {
            AllowBrowsers(context);
            context.Response.Headers.AccessControlAllowMethods = "GET, PUT, POST, OPTIONS";
            context.Response.Headers.AccessControlAllowHeaders = context.Request.Headers.AccessControlRequestHeaders;
            context.Response.StatusCode = 204;
        });
    }

    private static VendorReply Refuse(int status, string code, string message) => new(status, Error(code, message));

    private static JsonObject Error(string code, string message) =>
        new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    private static void AllowBrowsers(HttpContext context) => context.Response.Headers.AccessControlAllowOrigin = "*";

    private void Map(
        WebApplication app, string method, string pattern, Func<HttpContext, BlobGrant, Task<VendorReply>> handle,
        bool forClients = false) =>
        app.Json(method, pattern, async context =>
        {
            AllowBrowsers(context);
            var (grant, problem) = tokens.Bearer(context);
            var reply = (grant, forClients) switch
            {
                (null, _) when problem == "client_token_expired" => Refuse(403, problem, "The client token has expired."),
                (null, _) => Refuse(403, "forbidden", "Access denied, please provide a valid token for this resource."),
                ({ Everything: false }, false) => Refuse(403, "client_token_not_allowed", "A client token cannot do this."),
                _ => await handle(context, grant),
            };
            if (reply.Status >= 400)
            {
                await UnreadBody.DrainAsync(context);
            }
            return reply;
        });

    private void Map(WebApplication app, string method, string pattern, Func<HttpContext, Task<VendorReply>> handle) =>
        Map(app, method, pattern, (context, _) => handle(context));

    private async Task<VendorReply> PutAsync(HttpContext context, BlobGrant grant)
    {
        var (draft, refused) = Draft(context, grant);
        if (draft is null)
        {
            return refused!;
        }
        var limit = Limit(grant);
        if (context.Request.ContentLength > limit)
        {
            return TooLarge();
        }
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxObjectBytes;
        if (await host.Files.SaveAsync(context.Request.Body, limit, context.RequestAborted) is not { } file)
        {
            return TooLarge();
        }
        return await host.TransactAsync(
            (connection, transaction) => StoreAsync(
                connection, transaction, draft with { FileId = file.Id, Size = file.Size }, Header(context, "x-if-match"),
                Flag(context, grant, "allowOverwrite", "x-allow-overwrite"), grant),
            context.RequestAborted);
    }

    // In parts: create names an upload, each part is sent (again, if need be) under its number, complete puts them together.
    private async Task<VendorReply> MultipartAsync(HttpContext context, BlobGrant grant)
    {
        var (draft, refused) = Draft(context, grant);
        if (draft is null)
        {
            return refused!;
        }
        var action = Header(context, "x-mpu-action");
        var upload = Header(context, "x-mpu-upload-id");
        if (action == "create")
        {
            var created = await parts.CreateAsync(draft.Pathname, context.RequestAborted);
            return new VendorReply(200, new JsonObject { ["uploadId"] = created, ["key"] = draft.Pathname });
        }
        if (upload is null || Header(context, "x-mpu-key") is not { } key
            || !await parts.ExistsAsync(upload, draft.Pathname, context.RequestAborted) || Uri.UnescapeDataString(key) != draft.Pathname)
        {
            return Refuse(404, "not_found", "There is no such multipart upload.");
        }
        if (action == "upload"
            && int.TryParse(Header(context, "x-mpu-part-number"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= 10_000)
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxObjectBytes;
            return await parts.SaveAsync(upload, number, context.Request.Body, Limit(grant), context.RequestAborted) is { } etag
                ? new VendorReply(200, new JsonObject { ["etag"] = etag })
                : TooLarge();
        }
        if (action != "complete" || await JsonBody.ReadAsync(context) is not (true, JsonArray named))
        {
            return Refuse(400, "bad_request", "x-mpu-action must be create, upload or complete, with what each of them needs");
        }
        return await host.TransactAsync(
            async (connection, transaction) =>
            {
                var (file, why) = await parts.JoinAsync(connection, transaction, upload, named, Limit(grant));
                return file is not { } joined
                    ? Refuse(400, why == "file_too_large" ? why : "bad_request", why)
                    : await StoreAsync(
                        connection, transaction, draft with { FileId = joined.Id, Size = joined.Size }, Header(context, "x-if-match"),
                        Flag(context, grant, "allowOverwrite", "x-allow-overwrite"), grant);
            },
            context.RequestAborted);
    }

    private long Limit(BlobGrant grant) => Math.Min(options.MaxObjectBytes, grant.Bounds.Whole("maximumSizeInBytes") ?? long.MaxValue);

    private static VendorReply TooLarge() => Refuse(400, "file_too_large", "The file is too large.");

    // What a request says of its object, before there are bytes.
    private (BlobRow? Draft, VendorReply? Refused) Draft(HttpContext context, BlobGrant grant)
    {
        string pathname = context.Request.Query["pathname"].ToString();
        string access = context.Request.Headers["x-vercel-blob-access"].ToString();
        if (pathname.Length is 0 or > MaxPathname || pathname.StartsWith('/') || pathname.Contains("//", StringComparison.Ordinal)
            || pathname.Any(char.IsControl))
        {
            return (null, Refuse(
                400, "bad_request", $"pathname must have 1 to {MaxPathname} characters, no leading slash and no empty part"));
        }
        if (access is not ("public" or "private" or ""))
        {
            return (null, Refuse(400, "bad_request", "x-vercel-blob-access must be public or private"));
        }
        var type = Header(context, "x-content-type") ?? context.Request.ContentType ?? "application/octet-stream";
        if (BoundsProblem(grant, pathname, type) is { } refused)
        {
            return (null, refused);
        }
        if (Flag(context, grant, "addRandomSuffix", "x-add-random-suffix"))
        {
            var dot = pathname.LastIndexOf('.');
            dot = dot > pathname.LastIndexOf('/') ? dot : pathname.Length;
            pathname = $"{pathname[..dot]}-{Ids.New(30)}{pathname[dot..]}";
        }
        var name = pathname[(pathname.LastIndexOf('/') + 1)..].Replace("\"", "", StringComparison.Ordinal);
        return (new BlobRow
        {
            Pathname = pathname,
            Access = access.Length == 0 ? "public" : access,
            ContentType = type,
            ContentDisposition = $"inline; filename=\"{name}\"",
            CacheControl = $"public, max-age={Header(context, "x-cache-control-max-age") ?? "2592000"}",
            Etag = $"\"{Ids.New(32).ToLowerInvariant()}\"",
            UploadedAt = host.Now.UtcDateTime,
        }, null);
    }

    private async Task<VendorReply> StoreAsync(
        NpgsqlConnection c, NpgsqlTransaction t, BlobRow row, string? ifMatch, bool overwrite, BlobGrant grant)
    {
        // The lock of the path, so that two puts at once see each other.
        await c.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('blob/' || @Pathname, 0))", row, t);
        var before = await c.QuerySingleOrDefaultAsync<BlobRow?>(
            $"select {BlobRow.Columns} from vendors.blob_objects where pathname = @Pathname", row, t);
        var refused = ifMatch is not null
            && before?.Etag != ifMatch ? Refuse(412, "precondition_failed", "Precondition failed: ETag mismatch.")
            : before is not null && !overwrite
                && ifMatch is null ? Refuse(
                    400, "bad_request", "This blob already exists, use `allowOverwrite: true` if you want to overwrite it.")
            : null;
        if (refused is not null)
        {
            await StoredFiles.DeleteAsync(row.FileId, c, t);
            return refused;
        }
        if (before is not null)
        {
            await StoredFiles.DeleteAsync(before.FileId, c, t);
        }
        await c.ExecuteAsync(
            """
            insert into vendors.blob_objects (pathname, file_id, access, content_type, content_disposition, cache_control, etag, size,
               uploaded_at)
            values (@Pathname, @FileId, @Access, @ContentType, @ContentDisposition, @CacheControl, @Etag, @Size, @UploadedAt)
            on conflict (pathname) do update set file_id = excluded.file_id, access = excluded.access,
            content_type = excluded.content_type,
                content_disposition = excluded.content_disposition, cache_control = excluded.cache_control, etag = excluded.etag,
                size = excluded.size, uploaded_at = excluded.uploaded_at
            """, row, t);
        var json = row.Json(host.Address, full: false);
        if (grant.Bounds["onUploadCompleted"] is JsonObject completed && completed.Text("callbackUrl") is { } address)
        {
            await callbacks.PlanAsync(c, t, address, json, completed.Text("tokenPayload"));
        }
        return new VendorReply(200, json);
    }

    private static VendorReply? BoundsProblem(BlobGrant grant, string pathname, string type)
    {
        if (grant.Everything)
        {
            return null;
        }
        if (grant.Bounds.Text("pathname") != pathname)
        {
            return Refuse(403, "client_token_pathname_mismatch", "The client token is for another pathname.");
        }
        var bare = type.Split(';')[0].Trim();
        return grant.Bounds["allowedContentTypes"] is JsonArray allowed
               && !allowed.Any(
                   one =>
                       (string?)one is { } pattern
                           && (
                               pattern == bare
                                   || (
                                       pattern.EndsWith("/*", StringComparison.Ordinal)
                                           && bare.StartsWith(pattern[..^1], StringComparison.Ordinal))))
            ? Refuse(400, "content_type_not_allowed", $"Content type {bare} is not allowed.")
            : null;
    }

    private async Task<VendorReply> HeadAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var row = await connection.QuerySingleOrDefaultAsync<BlobRow?>(
            $"select {BlobRow.Columns} from vendors.blob_objects where pathname = @pathname",
            new { pathname = PathnameOf(context.Request.Query["url"].ToString()) });
        return row is null
            ? Refuse(404, "not_found", "The requested blob does not exist")
            : new VendorReply(200, row.Json(host.Address, full: true));
    }

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? Math.Clamp(given, 1, 1000)
            : 1000;
        var prefix = query["prefix"].ToString();
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var rows = (await connection.QueryAsync<BlobRow>(
            $"""
            select {BlobRow.Columns} from vendors.blob_objects
            where starts_with(pathname, @prefix) and pathname collate "C" > @after order by pathname collate "C" limit @many
            """, new { prefix, after = query["cursor"].ToString(), many = limit + 1 })).AsList();
        var page = rows.Take(limit).ToList();
        var more = rows.Count > page.Count;
        var json = new JsonObject { ["hasMore"] = more };
        if (more)
        {
            json["cursor"] = page[^1].Pathname;
        }
        if (query["mode"] == "folded")
        {
            string? Folder(BlobRow row) =>
                row.Pathname.IndexOf('/', prefix.Length) is var slash and >= 0 ? row.Pathname[..(slash + 1)] : null;
            json["folders"] = new JsonArray([.. page.Select(Folder).OfType<string>().Distinct().Select(folder => (JsonNode)folder)]);
            page = [.. page.Where(row => Folder(row) is null)];
        }
        json["blobs"] = new JsonArray([.. page.Select(row => row.Json(host.Address, full: true))]);
        return new VendorReply(200, json);
    }

    // Deleting what is not there is no error at Vercel.
    private async Task<VendorReply> DeleteAsync(HttpContext context)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        if (!readable || body is not JsonObject fields || fields["urls"] is not JsonArray urls
            || urls.Any(url => url?.GetValueKind() != JsonValueKind.String))
        {
            return Refuse(400, "bad_request", "urls must be a list of urls or pathnames");
        }
        return await host.TransactAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                """
                with gone as (delete from vendors.blob_objects where pathname = any(@paths) returning file_id)
                delete from vendors.files where id in (select file_id from gone)
                """, new { paths = urls.Select(url => PathnameOf((string)url!)).ToArray() }, transaction);
            return new VendorReply(200, new JsonObject());
        }, context.RequestAborted);
    }

    private async Task<VendorReply> IssueAsync(HttpContext context)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        var fields = body as JsonObject ?? [];
        var until = fields["validUntil"] is null ? host.Now.AddHours(1).ToUnixTimeMilliseconds() : fields.Whole("validUntil");
        var operations = fields["operations"] as JsonArray ?? new JsonArray("get");
        if (!readable || until is null || until <= host.Now.ToUnixTimeMilliseconds() || operations.Count == 0)
        {
            return Refuse(400, "bad_request", "validUntil must be in the future and operations not empty");
        }
        return new VendorReply(200, tokens.Issue(fields.Text("pathname") ?? "*", operations.DeepClone().AsArray(), until.Value));
    }

    // A pathname, or a URL of this store on whichever port it was made.
    private static string PathnameOf(string given) =>
        Uri.TryCreate(given, UriKind.Absolute, out var url) && url.AbsolutePath.StartsWith("/store/", StringComparison.Ordinal)
            ? Uri.UnescapeDataString(url.AbsolutePath["/store/".Length..])
            : given;

    private static string? Header(HttpContext context, string name) =>
        context.Request.Headers[name] is [{ Length: > 0 } value] ? value : null;

    // A client token's own word stands over the request's.
    private static bool Flag(HttpContext context, BlobGrant grant, string name, string header) =>
        grant.Bounds[name] is not null ? grant.Bounds.Flag(name) : grant.Everything && Header(context, header) is "1" or "true";
}
