using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Vendors.Blob;
using Portal.Videos;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>What a tenant's export says of itself: <c>export.json</c>.</summary>
/// <param name="Records">How many lines each file has, by its name.</param>
/// <param name="LinksUntil">How long the addresses of media.ndjson open something.</param>
public sealed record TenantExport(
    string Format, string Kind, Guid ExportId, Guid TenantId, DateTimeOffset MadeAt, DateTimeOffset LinksUntil,
    IReadOnlyDictionary<string, int> Records)
{
    public const string FileName = "export.json";
    public const string ReadmeName = "README.txt";
    public const string AuditName = "audit.ndjson";
    public const string MediaName = "media.ndjson";

    /// <summary>Goes up with whatever an older program could not restore.</summary>
    public const string Current = "portal-tenant/1";
}

/// <summary>
/// Writes everything a tenant has into a zip, line by line: memory does not grow with the tenant. The tables are read at one moment; the
/// audit log, which is made to be checked by itself, and the addresses of media come after, when no transaction waits for a vendor.
/// </summary>
public sealed class ExportTenant(PortalDb db, TenantRowsQuery rows, AuditExport audit, BlobReads originals, MintPlayback playback)
{
    private const int Batch = 200;
    private static readonly JsonSerializerOptions Lines = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>How many records each file has.</summary>
    /// <exception cref="TransientException">Blob is away.</exception>
    /// <exception cref="PermanentException">Blob refuses.</exception>
    public async Task<IReadOnlyDictionary<string, int>> WriteAsync(Stream to, Export export, DateTimeOffset now, CancellationToken ct)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var until = now + TimeSpan.FromDays(RetentionDefaults.ExportDays);
        using var zip = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
        await db.InSnapshotAsync(export.TenantId, async tx =>
        {
            foreach (var table in TenantTables.All)
            {
                counts[table.Name] = await AddAsync(table.File, TenantRowsQuery.ReadAsync(tx, export.TenantId, table));
            }

            return true;
        }, ct);
        counts["media"] = await AddAsync(TenantExport.MediaName, MediaAsync(export.TenantId, until, ct));
        counts["audit"] = await AddAsync(
            TenantExport.AuditName,
            audit.LinesAsync(export.TenantId, null, null, ct).Select(line => Encoding.UTF8.GetString(line.Span[..^1])));
        var about = new TenantExport(
            TenantExport.Current, SubjectKind.Tenant, export.Id, export.TenantId.Value, now, until, counts);
        await AddTextAsync(TenantExport.FileName, JsonSerializer.Serialize(about, ExportArchive.Indented));
        await AddTextAsync(TenantExport.ReadmeName, TenantReadme.Text(about));
        return counts;

        async Task<int> AddAsync(string name, IAsyncEnumerable<string> lines)
        {
            var count = 0;
            await using var writer = ExportArchive.Open(zip, name, now);
            await foreach (var line in lines.WithCancellation(ct))
            {
                await writer.WriteAsync(line.AsMemory(), ct);
                await writer.WriteAsync('\n');
                count++;
            }

            return count;
        }

        async Task AddTextAsync(string name, string text)
        {
            await using var writer = ExportArchive.Open(zip, name, now);
            await writer.WriteAsync(text.AsMemory(), ct);
        }
    }

    /// <summary>Addresses that open the files of each version for as long as the export is there, for whoever has them.</summary>
    private async IAsyncEnumerable<string> MediaAsync(
        TenantId tenant, DateTimeOffset until, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var media in Batches.ReadAsync(
            Batch, after => rows.MediaAsync(tenant, after, Batch, ct), m => m.AssetVersionId))
        {
            string? original = null;
            if (media is { BlobUrl: { } url, BlobPathname: { } pathname }
                && (await originals.UrlAsync(url, pathname, until, ct)).IsFailure(out var failure, out original))
            {
                MakeExport.Check(failure);
            }

            yield return JsonSerializer.Serialize(new
            {
                media.AssetId,
                media.AssetVersionId,
                media.Number,
                media.FileName,
                Original = original,
                Playback = media.PlaybackId is { } id ? playback.For(id, until).PlaybackUrl : null,
                Download = media is { PlaybackId: { } of, DownloadName: { } name } ? playback.FileFor(of, name, until) : null,
                ExpiresAt = until,
            }, Lines);
        }
    }
}
