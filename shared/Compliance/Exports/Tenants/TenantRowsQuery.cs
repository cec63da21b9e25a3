using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>Where the files of a version of a video are, for somebody who has no account.</summary>
public sealed record StoredMedia(
    Guid AssetVersionId, Guid AssetId, int Number, string FileName, string? PlaybackId, string? DownloadName, string? BlobPathname,
    string? BlobUrl);

/// <summary>Reads what a tenant's export holds: statements are made of <see cref="TenantTables"/>, whose words are constants.</summary>
public sealed class TenantRowsQuery(PortalDb db)
{
    /// <summary>A row after the other, as JSON objects.</summary>
    public static IAsyncEnumerable<string> ReadAsync(Tx tx, TenantId tenant, TenantTable table)
    {
        var owner = table.Name == "tenants" ? "id" : "tenant_id";
        var columns = string.Join(", ", table.Fields.Select(field => $"t.{field.Name}"));
        return tx.StreamAsync<string>($"""
            select to_jsonb(r)::text from (
                select {columns} from portal.{table.Name} t where t.{owner} = @tenant order by {table.Order}) r
            """, new { tenant });
    }

    /// <summary>Versions of which there is a file somewhere, by id.</summary>
    public Task<IReadOnlyList<StoredMedia>> MediaAsync(TenantId tenant, Guid after, int limit, CancellationToken ct) =>
        db.ReadAsync<StoredMedia>(tenant, """
            select v.id as asset_version_id, v.asset_id, v.number, v.file_name,
                   case when v.status = 'ready' then v.playback_id end as playback_id, v.download_name, j.blob_pathname, j.blob_url
              from portal.asset_versions v
              left join portal.upload_jobs j on j.tenant_id = v.tenant_id and j.asset_version_id = v.id and j.blob_url is not null
             where v.tenant_id = @tenant and v.id > @after and (v.status = 'ready' or j.id is not null)
             order by v.id limit @limit
            """, new { tenant, after, limit }, ct);
}
