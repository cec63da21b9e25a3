using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outbox;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>What a person asks for: checked values, sizes in bytes.</summary>
/// <param name="Asset">Set: a new version of that asset; null: a new asset.</param>
/// <param name="Source">Null: as the tenant's residency has it.</param>
public sealed record UploadRequest(
    ProjectId Project, AssetId? Asset, string? Title, string FileName, long SizeBytes, string? Source, string? CorsOrigin);

/// <summary>
/// Creates asset, version and upload job in one transaction with their audit and event rows. Nothing is asked of Mux here: the
/// orchestration does that, and should it never be started, the sweep starts it.
/// </summary>
public sealed class RequestUpload(
    UploadStore store, UploadRules rules, RateLimitStore limit, AuditWriter audit, IOptions<MuxOptions> mux, TimeProvider clock)
{
    public async Task<Result<UploadJob>> RunAsync(Tx tx, Caller caller, UploadRequest request)
    {
        var source = request.Source ?? await rules.DefaultSourceAsync(tx, caller);
        if (await rules.FindObstacleAsync(tx, caller, request.Project, source) is { } obstacle)
        {
            return obstacle;
        }

        var created = await CreateAsync(tx, caller, request, source);
        return !created.IsRefused(out _, out _) && await limit.TakeUploadAsync(tx, caller) is { } tooMany ? tooMany : created;
    }

    private async Task<Result<UploadJob>> CreateAsync(Tx tx, Caller caller, UploadRequest request, string source)
    {
        var upload = Rows(caller, request, source);
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
            return new Refusal.NotFound("asset");
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

        return (await store.ReadAsync(tx, caller.Tenant, upload.JobId))!;
    }

    private NewUpload Rows(Caller caller, UploadRequest request, string source)
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
            source,
            // The name at Vercel Blob is ours alone: no tenant's words leave for the vendor.
            source == UploadSource.Blob ? $"originals/{jobId}" : null,
            request.CorsOrigin,
            now + mux.Value.UploadTimeout,
            now);
    }
}
