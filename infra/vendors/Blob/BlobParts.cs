using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Blob;

/// <summary>Multipart uploads: parts are kept until they are put together, each replaced when it is sent again.</summary>
internal sealed class BlobParts(VendorHost host)
{
    /// <summary>Of every part but the last.</summary>
    private const long MinPartBytes = 5 * 1024 * 1024;

    public async Task<string> CreateAsync(string pathname, CancellationToken ct)
    {
        var id = Ids.New(32);
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            "insert into vendors.blob_multiparts (id, pathname, created_at) values (@id, @pathname, @now)",
            new { id, pathname, now = host.Now.UtcDateTime });
        return id;
    }

    public async Task<bool> ExistsAsync(string id, string pathname, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<bool>(
            "select exists (select 1 from vendors.blob_multiparts where id = @id and pathname = @pathname)", new { id, pathname });
    }

    /// <summary>The part's etag; null when it is larger than the object may be.</summary>
    public async Task<string?> SaveAsync(string id, int number, Stream body, long limit, CancellationToken ct)
    {
        if (await host.Files.SaveAsync(body, limit, ct) is not { } file)
        {
            return null;
        }
        var etag = $"\"{Ids.New(32).ToLowerInvariant()}\"";
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            """
            with before as (select file_id from vendors.blob_parts where multipart_id = @id and number = @number),
            gone as (delete from vendors.files where id in (select file_id from before))
            insert into vendors.blob_parts (multipart_id, number, etag, file_id, size) values (@id, @number, @etag, @file, @size)
            on conflict (multipart_id, number) do update set etag = excluded.etag, file_id = excluded.file_id, size = excluded.size
            """, new { id, number, etag, file = file.Id, size = file.Size });
        return etag;
    }

    /// <summary>One file of the parts named, in the order of their numbers; null, and why not.</summary>
    public async Task<((string Id, long Size)? File, string Why)> JoinAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string id, JsonArray named, long limit)
    {
        var kept = (await c.QueryAsync<Part>(
            "select number as Number, etag as Etag, file_id as FileId, size as Size from vendors.blob_parts where multipart_id = @id",
            new { id }, t)).ToDictionary(part => part.Number);
        var parts = new List<Part>();
        foreach (var one in named)
        {
            if (one is not JsonObject o || o.Whole("partNumber") is not { } number || !kept.TryGetValue((int)number, out var part)
                || part.Etag != o.Text("etag"))
            {
                return (null, "A part was not found, or its etag is another.");
            }
            parts.Add(part);
        }
        parts.Sort((a, b) => a.Number.CompareTo(b.Number));
        if (parts.Count == 0 || parts.SkipLast(1).Any(part => part.Size < MinPartBytes))
        {
            return (null, "Every part but the last must have at least 5 MiB.");
        }
        var size = parts.Sum(part => part.Size);
        if (size > limit)
        {
            return (null, "file_too_large");
        }
        var file = await host.Files.CreateAsync(c, t);
        var start = 0L;
        foreach (var part in parts)
        {
            await c.ExecuteAsync(
                "insert into vendors.file_chunks (file_id, start, bytes) select @file, @start + start, bytes from vendors.file_chunks "
                    + "where file_id = @from", new { file, start, from = part.FileId }, t);
            start += part.Size;
        }
        await c.ExecuteAsync(
            """
            update vendors.files set size = @size where id = @file;
            delete from vendors.files where id in (select file_id from vendors.blob_parts where multipart_id = @id);
            delete from vendors.blob_multiparts where id = @id
            """, new { file, size, id }, t);
        return ((file, size), "");
    }

    private sealed record Part(int Number, string Etag, string FileId, long Size);
}
