using Portal.Db;
using Portal.Paging;
using Portal.Projects;
using Portal.Tenancy;

namespace Portal.Assets;

/// <summary>An asset with its newest version, as the API shows it.</summary>
public sealed record Asset(
    AssetId Id, ProjectId ProjectId, string Title, UserId CreatedBy, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    Guid VersionId, int VersionNumber, string VersionStatus, string FileName, long SizeBytes, double? DurationS, string? AspectRatio,
    int? Width, int? Height, double? FrameRate, string? FailureReason);

/// <summary>A version that can be played.</summary>
public sealed record ReadyVersion(AssetVersionId Id, int Number, string PlaybackId, double? DurationS, string? AspectRatio, string Title);

/// <summary>All reading SQL of assets; an asset is visible to whoever sees its project. Writing is the upload pipeline's.</summary>
public sealed class AssetStore(PortalDb db)
{
    private const string Columns = """
        a.id, a.project_id, a.title, a.created_by, a.version, a.created_at, a.updated_at,
        v.id as version_id, v.number as version_number, v.status as version_status, v.file_name, v.size_bytes, v.duration_s,
        v.aspect_ratio, v.width, v.height, v.frame_rate, v.failure_reason
        """;

    private const string From = $"""
        from portal.assets a
        join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
        join lateral (select * from portal.asset_versions v where v.tenant_id = a.tenant_id and v.asset_id = a.id
                       order by v.number desc limit 1) v on true
        where a.tenant_id = @tenant and {ProjectStore.Visible}
        """;

    private const string Ready = """
        select v.id, v.number, v.playback_id, v.duration_s, v.aspect_ratio, a.title
          from portal.asset_versions v join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
         where v.tenant_id = @tenant and v.asset_id = @asset and v.status = 'ready' and (@version::uuid is null or v.id = @version)
         order by v.number desc limit 1
        """;

    public Task<Asset?> FindAsync(TenantId tenant, Caller caller, AssetId id, CancellationToken ct) =>
        db.ReadOneAsync<Asset>(tenant, $"select {Columns} {From} and a.id = @id",
            new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, AssetId, CancellationToken)"/>
    public Task<Asset?> FindAsync(Tx tx, TenantId tenant, Caller caller, AssetId id) =>
        tx.QueryOneAsync<Asset>($"select {Columns} {From} and a.id = @id", new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>Newest first, of one project or of all the caller sees; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Asset>> ListAsync(TenantId tenant, Caller caller, ProjectId? project, Page page, CancellationToken ct) =>
        db.ReadAsync<Asset>(tenant, $"""
            select {Columns} {From} and (@project::uuid is null or a.project_id = @project)
               and (@afterAt::timestamptz is null or (a.created_at, a.id) < (@afterAt, @afterId))
             order by a.created_at desc, a.id desc limit @take
            """, new
        {
            tenant,
            seesAll = caller.SeesAllProjects,
            user = caller.User,
            project = project?.Value,
            afterAt = page.After?.At,
            afterId = page.After?.Id,
            take = page.Take,
        }, ct);

    /// <summary>The newest version that is ready; null when the asset has none.</summary>
    public Task<ReadyVersion?> FindReadyAsync(TenantId tenant, AssetId asset, AssetVersionId? version, CancellationToken ct) =>
        db.ReadOneAsync<ReadyVersion>(tenant, Ready, new { tenant, asset, version = version?.Value }, ct);

    /// <inheritdoc cref="FindReadyAsync(TenantId, AssetId, AssetVersionId?, CancellationToken)"/>
    public Task<ReadyVersion?> FindReadyAsync(Tx tx, TenantId tenant, AssetId asset, AssetVersionId? version) =>
        tx.QueryOneAsync<ReadyVersion>(Ready, new { tenant, asset, version = version?.Value });
}
