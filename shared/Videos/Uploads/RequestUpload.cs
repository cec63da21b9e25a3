using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outbox;
using Portal.Projects;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>What a person asks for: checked values, sizes in bytes.</summary>
/// <param name="Asset">Set: a new version of that asset; null: a new asset.</param>
public sealed record UploadRequest(
    ProjectId Project, AssetId? Asset, string? Title, string FileName, long SizeBytes, string Source, string? CorsOrigin);

/// <summary>What came of it.</summary>
public abstract record RequestedUpload
{
    private RequestedUpload()
    {
    }

    public sealed record Created(UploadJob Job) : RequestedUpload;

    /// <summary>The project, or the asset in it, is not there for this caller.</summary>
    public sealed record NotFound(string What) : RequestedUpload;

    /// <summary>The project takes no uploads in its present status.</summary>
    public sealed record Closed(string ProjectStatus) : RequestedUpload;

    /// <summary>20 uploads a day a user (docs/flows/upload-to-ready.md).</summary>
    public sealed record TooMany(int RetryAfter, int Limit) : RequestedUpload;
}

/// <summary>
/// Creates asset, version and upload job in one transaction with their audit and event rows. Nothing is asked of Mux here: the
/// orchestration does that, and should it never be started, the sweep starts it.
/// </summary>
public sealed class RequestUpload(
    UploadStore store, ProjectStore projects, RateLimitStore limit, AuditWriter audit, IOptions<MuxOptions> mux, TimeProvider clock)
{
    public async Task<RequestedUpload> RunAsync(Tx tx, Caller caller, UploadRequest request)
    {
        var project = await projects.FindAsync(tx, caller.Tenant, caller, request.Project);
        if (project is null)
        {
            return new RequestedUpload.NotFound("project");
        }

        if (project.Status is not ("active" or "on_hold"))
        {
            return new RequestedUpload.Closed(project.Status);
        }

        var created = await CreateAsync(tx, caller, request);
        if (created is not RequestedUpload.Created)
        {
            return created;
        }

        var hit = await limit.TakeAsync(tx, $"uploads:{caller.User}", TimeSpan.FromDays(1), limit.Limits.UploadsPerDay);
        return hit.Allowed ? created : new RequestedUpload.TooMany(hit.RetryAfter, limit.Limits.UploadsPerDay);
    }

    private async Task<RequestedUpload> CreateAsync(Tx tx, Caller caller, UploadRequest request)
    {
        var upload = Rows(caller, request);
        int number;
        if (request.Asset is null)
        {
            await store.AddAssetAsync(tx, caller.Tenant, upload);
            number = 1;
        }
        else if (await store.NextVersionAsync(tx, caller.Tenant, request.Project, upload.AssetId) is { } next)
        {
            number = next;
        }
        else
        {
            return new RequestedUpload.NotFound("asset");
        }

        await store.AddJobAsync(tx, caller.Tenant, upload, number);
        await audit.WriteAsync(tx, caller.Tenant, Actor.From(caller),
            new AuditEntry("asset_uploaded", "upload_job", upload.JobId.Value, null, new
            {
                status = UploadStatus.Waiting,
                projectId = upload.ProjectId.Value,
                assetId = upload.AssetId.Value,
                assetVersionId = upload.VersionId.Value,
                versionNumber = number,
                source = upload.Source,
                sizeBytes = upload.SizeBytes,
            }, EventType.AssetUploaded));
        if (number > 1)
        {
            await audit.WriteAsync(tx, caller.Tenant, Actor.From(caller), new AuditEntry("asset_version_replaced", "asset",
                upload.AssetId.Value,
                new { versionNumber = number - 1 },
                new
                {
                    projectId = upload.ProjectId.Value,
                    assetId = upload.AssetId.Value,
                    assetVersionId = upload.VersionId.Value,
                    versionNumber = number,
                    uploadJobId = upload.JobId.Value,
                },
                EventType.AssetVersionReplaced));
        }

        var job = await store.ReadAsync(tx, caller.Tenant, upload.JobId);
        return new RequestedUpload.Created(job!);
    }

    private NewUpload Rows(Caller caller, UploadRequest request)
    {
        var now = clock.GetUtcNow();
        var jobId = NewKey.At<UploadJobId>(now);
        return new(
            jobId,
            request.Asset ?? NewKey.At<AssetId>(now),
            NewKey.At<AssetVersionId>(now),
            request.Project,
            caller.User,
            request.Title ?? request.FileName,
            request.FileName,
            request.SizeBytes,
            request.Source,
            // The name at Vercel Blob is ours alone: no tenant's words leave for the vendor.
            request.Source == UploadSource.Blob ? $"originals/{jobId}" : null,
            request.CorsOrigin,
            now + mux.Value.UploadTimeout,
            now);
    }
}
