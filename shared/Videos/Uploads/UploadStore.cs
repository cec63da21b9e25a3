using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Projects;

namespace Portal.Videos.Uploads;

/// <summary>Which uploads a list is asked for; null and empty: all.</summary>
/// <param name="By">Whose.</param>
public sealed record UploadFilter(ProjectId? Project = null, IReadOnlyList<string>? Statuses = null, UserId? By = null);

/// <summary>
/// All SQL of upload jobs as people see and make them (role portal_app). What Mux and the pipeline do to them is in
/// <see cref="UploadProgressStore"/> (role portal_system), the moves of status in <see cref="UploadTransitions"/>.
/// </summary>
public sealed class UploadStore(PortalDb db)
{
    /// <summary>Of <see cref="UploadJob"/>, of <c>portal.upload_jobs j</c>. The pipeline's role may read nobody's name.</summary>
    internal const string Columns = $"{Fields}, null::text as created_by_name";

    private const string Fields = """
        j.id, j.tenant_id, j.project_id, j.asset_id, j.asset_version_id, j.created_by, j.source, j.status, j.attempt, j.started_at,
        j.mux_upload_id, j.mux_upload_url, j.mux_asset_id, j.mux_create_at, j.blob_pathname, j.blob_url, j.cors_origin, j.expires_at,
        j.attempts, j.last_error, j.next_retry_at, j.failure_code, j.failure_reason, j.created_at, j.updated_at,
        (select v.file_name from portal.asset_versions v where v.id = j.asset_version_id) as file_name,
        (select v.size_bytes from portal.asset_versions v where v.id = j.asset_version_id) as size_bytes
        """;

    private const string Shown = $"""
        {Fields}, (select u.name from portal.users u where u.tenant_id = j.tenant_id and u.id = j.created_by) as created_by_name
        """;

    private const string Find = $"""
        select {Shown} from portal.upload_jobs j
          join portal.projects p on p.tenant_id = j.tenant_id and p.id = j.project_id
         where j.tenant_id = @tenant and j.id = @id and {ProjectStore.Visible}
        """;

    private const string Listed = $"""
        select {Shown} from portal.upload_jobs j
          join portal.projects p on p.tenant_id = j.tenant_id and p.id = j.project_id
         where j.tenant_id = @tenant and {ProjectStore.Visible} and (@project::uuid is null or j.project_id = @project)
           and (@statuses::text[] is null or j.status = any(@statuses)) and (@by::uuid is null or j.created_by = @by)
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("j.created_at, j.id");

    /// <summary>An upload job of a project that the caller sees.</summary>
    public Task<UploadJob?> FindAsync(TenantId tenant, Caller caller, UploadJobId id, CancellationToken ct) =>
        db.ReadOneAsync<UploadJob>(tenant, Find, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, UploadJobId, CancellationToken)"/>
    public Task<UploadJob?> FindAsync(Tx tx, TenantId tenant, Caller caller, UploadJobId id) =>
        tx.QueryOneAsync<UploadJob>(Find, new { tenant, id, seesAll = caller.SeesAllProjects, user = caller.User });

    /// <summary>Those of the tenant that wait for their file or are processed.</summary>
    public Task<IReadOnlyList<UploadJob>> UnderWayAsync(Tx tx, TenantId tenant) => tx.QueryAsync<UploadJob>($"""
        select {Columns} from portal.upload_jobs j where j.tenant_id = @tenant and j.status in ('waiting', 'processing') order by j.id
        """, new { tenant });

    /// <summary>Newest first, of the projects that the caller sees; one row more than the page holds.</summary>
    public Task<IReadOnlyList<UploadJob>> ListAsync(
        TenantId tenant, Caller caller, UploadFilter filter, Page page, CancellationToken ct) =>
        db.ReadPageAsync<UploadJob>(tenant, ByAge, Listed, page, Args(tenant, caller, filter), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, UploadFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, Args(tenant, caller, filter), ct);

    /// <summary>Makes a new asset with its first version pending.</summary>
    public Task<int> AddAssetAsync(Tx tx, TenantId tenant, NewUpload upload) => tx.ExecuteAsync("""
        insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
        values (@AssetId, @tenant, @ProjectId, @Title, @CreatedBy, @Now, @Now)
        """, new { tenant, upload.AssetId, upload.ProjectId, upload.Title, upload.CreatedBy, upload.Now });

    /// <summary>
    /// The next version number of an asset of the caller's project, or null when there is no such asset there. Locks the asset row:
    /// two uploads of new versions at once get different numbers.
    /// </summary>
    public Task<int?> NextVersionAsync(Tx tx, TenantId tenant, ProjectId project, AssetId asset) => tx.QueryOneAsync<int?>("""
        select (select coalesce(max(v.number), 0) + 1 from portal.asset_versions v where v.tenant_id = a.tenant_id and v.asset_id = a.id)
          from portal.assets a where a.tenant_id = @tenant and a.project_id = @project and a.id = @asset for update
        """, new { tenant, project, asset });

    /// <summary>The version and its job.</summary>
    public Task<int> AddJobAsync(Tx tx, TenantId tenant, NewUpload upload, int number) => tx.ExecuteAsync("""
        insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, created_at, updated_at)
        values (@VersionId, @tenant, @AssetId, @number, 'pending', @FileName, @SizeBytes, @Now, @Now);
        insert into portal.upload_jobs (id, tenant_id, project_id, asset_id, asset_version_id, created_by, source, status, blob_pathname,
                                        cors_origin, expires_at, created_at, updated_at)
        values (@JobId, @tenant, @ProjectId, @AssetId, @VersionId, @CreatedBy, @Source, 'waiting', @BlobPathname,
                @CorsOrigin, @ExpiresAt, @Now, @Now)
        """, new
    {
        tenant,
        number,
        upload.JobId,
        upload.AssetId,
        upload.VersionId,
        upload.ProjectId,
        upload.CreatedBy,
        upload.FileName,
        upload.SizeBytes,
        upload.Source,
        upload.BlobPathname,
        upload.CorsOrigin,
        upload.ExpiresAt,
        upload.Now,
    });

    public Task<UploadJob?> ReadAsync(Tx tx, TenantId tenant, UploadJobId id) => tx.QueryOneAsync<UploadJob>(
        $"select {Shown} from portal.upload_jobs j where j.tenant_id = @tenant and j.id = @id", new { tenant, id });

    private static ListArgs Args(TenantId tenant, Caller caller, UploadFilter filter) => new(
        tenant, caller.SeesAllProjects, caller.User, filter.Project?.Value,
        filter.Statuses is { Count: > 0 } some ? some.ToArray() : null, filter.By?.Value);

    private sealed record ListArgs(TenantId Tenant, bool SeesAll, UserId User, Guid? Project, string[]? Statuses, Guid? By);
}

/// <summary>The rows of one new upload.</summary>
public sealed record NewUpload(
    UploadJobId JobId, AssetId AssetId, AssetVersionId VersionId, ProjectId ProjectId, UserId CreatedBy, string Title, string FileName,
    long SizeBytes, string Source, string? BlobPathname, string? CorsOrigin, DateTimeOffset ExpiresAt, DateTimeOffset Now);
