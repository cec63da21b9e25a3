using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.Videos;

/// <summary>An asset with its newest version, as the API shows it.</summary>
/// <param name="Metadata">A JSON object of strings.</param>
/// <param name="TitleKey">What the list by title is ordered by.</param>
public sealed record Asset(
    AssetId Id, ProjectId ProjectId, string Title, string Description, string Metadata, string TitleKey, UserId CreatedBy,
    string CreatedByName, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Guid VersionId,
    int VersionNumber, string VersionStatus, string FileName, long SizeBytes,
    double? DurationS, string? AspectRatio, int? Width, int? Height, double? FrameRate, string? FailureReason,
    DateTimeOffset VersionCreatedAt, DateTimeOffset VersionUpdatedAt, Guid? UploadId)
{
    /// <summary>The metadata as it is: names and texts that people chose.</summary>
    public IReadOnlyDictionary<string, string> Fields => JsonSerializer.Deserialize<Dictionary<string, string>>(Metadata)!;

    public AssetVersion Newest => new(
        new AssetVersionId(VersionId), Id, ProjectId, VersionNumber, VersionStatus, FileName, SizeBytes, DurationS, AspectRatio, Width,
        Height, FrameRate,
        FailureReason, VersionCreatedAt, VersionUpdatedAt, UploadId);
}

/// <summary>One version of an asset.</summary>
/// <param name="UploadId">The job that brought it; null once the job is past its retention.</param>
public sealed record AssetVersion(
    AssetVersionId Id, AssetId AssetId, ProjectId ProjectId, int Number, string Status, string FileName, long SizeBytes, double? DurationS,
    string? AspectRatio, int? Width, int? Height, double? FrameRate, string? FailureReason, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, Guid? UploadId);

/// <summary>A version that can be played.</summary>
public sealed record ReadyVersion(AssetVersionId Id, int Number, string PlaybackId, double? DurationS, string? AspectRatio, string Title);

/// <summary>Which assets a list is asked for; null and empty: all.</summary>
/// <param name="Text">A part of the title, in any case.</param>
public sealed record AssetFilter(ProjectId? Project = null, IReadOnlyList<string>? Statuses = null, string? Text = null);

/// <summary>
/// All reading SQL of assets; an asset is visible to whoever sees its project. What people change is in <see cref="AssetChangeStore"/>,
/// versions and their status are written by the upload pipeline.
/// </summary>
public sealed class AssetStore(PortalDb db)
{
    private const string Columns = """
        a.id, a.project_id, a.title, a.description, a.metadata::text as metadata, a.title_key, a.created_by,
        (select u.name from portal.users u where u.tenant_id = a.tenant_id and u.id = a.created_by) as created_by_name,
        a.version, a.created_at, a.updated_at,
        v.id as version_id, v.number as version_number, v.status as version_status, v.file_name, v.size_bytes, v.duration_s,
        v.aspect_ratio, v.width, v.height, v.frame_rate, v.failure_reason, v.created_at as version_created_at,
        v.updated_at as version_updated_at, (select j.id from portal.upload_jobs j where j.asset_version_id = v.id) as upload_id
        """;

    private const string From = $"""
        from portal.assets a
        join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
        join lateral (select * from portal.asset_versions v where v.tenant_id = a.tenant_id and v.asset_id = a.id
                       order by v.number desc limit 1) v on true
        where a.tenant_id = @tenant and {ProjectStore.Visible}
        """;

    private const string Filter = """
        and (@project::uuid is null or a.project_id = @project) and (@statuses::text[] is null or v.status = any(@statuses))
        and (@text::text is null or strpos(lower(a.title), lower(@text)) > 0)
        """;

    private const string Listed = $"select {Columns} {From} {Filter}";

    private static readonly PageQuery ByAge = PageQuery.Descending("a.created_at, a.id");
    private static readonly PageQuery ByTitle = PageQuery.Ascending("a.title_key, a.id", "@afterKey collate \"C\", @afterId");

    private const string VersionColumns = """
        v.id, v.asset_id, a.project_id, v.number, v.status, v.file_name, v.size_bytes, v.duration_s, v.aspect_ratio, v.width, v.height,
        v.frame_rate,
        v.failure_reason, v.created_at, v.updated_at,
        (select j.id from portal.upload_jobs j where j.asset_version_id = v.id) as upload_id
        """;

    private const string FromVersions = $"""
        from portal.asset_versions v
        join portal.assets a on a.tenant_id = v.tenant_id and a.id = v.asset_id
        join portal.projects p on p.tenant_id = a.tenant_id and p.id = a.project_id
        where v.tenant_id = @tenant and v.asset_id = @asset and {ProjectStore.Visible}
        """;

    private const string Versions = $"select {VersionColumns} {FromVersions}";

    private static readonly PageQuery ByNumber = PageQuery.Descending("v.number", "@afterKey::integer");

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
        tx.QueryOneAsync<Asset>(
            $"select {Columns} {From} and a.id = @id", new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>By age or by title, of what the caller sees; one row more than the page holds.</summary>
    public Task<IReadOnlyList<Asset>> ListAsync(
        TenantId tenant, Caller caller, AssetFilter filter, bool byTitle, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Asset>(tenant, byTitle ? ByTitle : ByAge, Listed, page, Args(tenant, caller, filter), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, AssetFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, Args(tenant, caller, filter), ct);

    /// <summary>The versions of an asset that the caller sees, newest first; one row more than the page holds.</summary>
    public Task<IReadOnlyList<AssetVersion>> ListVersionsAsync(
        TenantId tenant, Caller caller, AssetId asset, Page page, CancellationToken ct) =>
        db.ReadPageAsync<AssetVersion>(
            tenant, ByNumber, Versions, page, new { tenant, asset, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    public Task<long> CountVersionsAsync(TenantId tenant, Caller caller, AssetId asset, CancellationToken ct) =>
        db.CountAsync(tenant, Versions, new { tenant, asset, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    public Task<AssetVersion?> FindVersionAsync(TenantId tenant, Caller caller, AssetId asset, int number, CancellationToken ct) =>
        db.ReadOneAsync<AssetVersion>(tenant, $"select {VersionColumns} {FromVersions} and v.number = @number",
            new { tenant, asset, number, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    /// <inheritdoc cref="FindVersionAsync(TenantId, Caller, AssetId, int, CancellationToken)"/>
    public Task<AssetVersion?> FindVersionAsync(Tx tx, TenantId tenant, Caller caller, AssetId asset, int number) =>
        tx.QueryOneAsync<AssetVersion>($"select {VersionColumns} {FromVersions} and v.number = @number",
            new { tenant, asset, number, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>The newest version that is ready; null when the asset has none.</summary>
    public Task<ReadyVersion?> FindReadyAsync(TenantId tenant, AssetId asset, AssetVersionId? version, CancellationToken ct) =>
        db.ReadOneAsync<ReadyVersion>(tenant, Ready, new { tenant, asset, version = version?.Value }, ct);

    /// <inheritdoc cref="FindReadyAsync(TenantId, AssetId, AssetVersionId?, CancellationToken)"/>
    public Task<ReadyVersion?> FindReadyAsync(Tx tx, TenantId tenant, AssetId asset, AssetVersionId? version) =>
        tx.QueryOneAsync<ReadyVersion>(Ready, new { tenant, asset, version = version?.Value });

    private static ListArgs Args(TenantId tenant, Caller caller, AssetFilter filter) => new(
        tenant, caller.SeesAllProjects, caller.User, filter.Project?.Value,
        filter.Statuses is { Count: > 0 } some ? some.ToArray() : null, filter.Text);

    private sealed record ListArgs(TenantId Tenant, bool SeesAll, UserId User, Guid? Project, string[]? Statuses, string? Text);
}
