using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Vendors.Blob;

namespace Portal.Compliance;

/// <summary>
/// Deletes originals at Vercel Blob whose video has gone at Mux, or whose upload is past its own time. The job's row knows where the
/// original is until Blob has confirmed, so that what fails is due again the next day, and the row itself goes only after.
/// </summary>
public sealed class DeleteOriginals(RetentionStore store, BlobDeletes blob, AuditWriter audit, PortalDb db)
{
    private const int Batch = 100;
    private static readonly Actor By = Actor.System("retention");

    /// <summary>How many were deleted, and how many Blob did not delete.</summary>
    public async Task<(int Deleted, int Left)> RunAsync(TenantId tenant, DateTimeOffset jobsBefore, CancellationToken ct)
    {
        var (deleted, left) = (0, 0);
        await foreach (var original in Batches.ReadAsync(
            Batch, after => store.OriginalsAsync(tenant, jobsBefore, after, Batch, ct), o => o.JobId))
        {
            if (await blob.DeleteAsync(original.BlobUrl, ct) is null)
            {
                await ForgetAsync(tenant, original, ct);
                deleted++;
            }
            else
            {
                left++;
            }
        }

        return (deleted, left);
    }

    private Task<bool> ForgetAsync(TenantId tenant, StoredOriginal original, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var forgotten = await store.ForgetOriginalAsync(tx, tenant, original);
        if (forgotten)
        {
            await audit.WriteAsync(
                tx, tenant, By, new AuditEntry(
                    "original_deleted", "upload_job", original.JobId, null, new { assetVersionId = original.AssetVersionId }));
        }

        return forgotten;
    }, ct);
}
