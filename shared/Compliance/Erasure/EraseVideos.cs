using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Blob;
using Portal.Vendors.Mux;

namespace Portal.Compliance.Erasure;

/// <summary>The steps of erasing a tenant that delete what Mux and Vercel Blob hold, a hundred at a time. Each may run again: counted is
/// what the rows name, which go only after.</summary>
public sealed class EraseVideos(PortalDb db, ErasureStore store, TenantErasureStore tenants, MuxVideo mux, BlobDeletes blob)
{
    private const int Calls = 100;

    /// <summary>Mux does not delete a video that it is still preparing.</summary>
    private const int NotYet = 400;

    /// <summary>Deletes a hundred of the tenant's assets, with their playback ids, and cancels uploads that wait for their file.</summary>
    /// <returns>Where to go on; null: that was all.</returns>
    /// <exception cref="TransientException">Mux is away, or prepares a video.</exception>
    /// <exception cref="PermanentException">Mux refuses.</exception>
    public async Task<string?> AtMuxAsync(ErasureRef erasure, string after, CancellationToken ct)
    {
        if (!await IsRunningAsync(erasure, ct))
        {
            return null;
        }

        var found = await tenants.AtMuxAsync(erasure.Tenant, after, Calls, ct);
        foreach (var one in found)
        {
            if ((one.AssetId ?? await AssetOfAsync(one.UploadId!, ct)) is { } asset)
            {
                Check("Mux", await mux.DeleteAssetAsync(asset, ct));
            }
        }

        if (found.Count == Calls)
        {
            return found[^1].Key;
        }

        var gone = await tenants.CountAtMuxAsync(erasure.Tenant, ct);
        await store.NoteDoneAsync(
            erasure, done => done with { Mux = ErasureSteps.More(done.Mux, gone, of => of.Assets + of.Uploads) }, ct);
        return null;
    }

    /// <summary>Deletes a hundred of the tenant's files: originals, and copies of data that were asked for.</summary>
    /// <inheritdoc cref="AtMuxAsync" path="/returns"/>
    /// <exception cref="TransientException">The store is away.</exception>
    /// <exception cref="PermanentException">The store refuses.</exception>
    public async Task<string?> AtBlobAsync(ErasureRef erasure, string after, CancellationToken ct)
    {
        if (!await IsRunningAsync(erasure, ct))
        {
            return null;
        }

        var found = await tenants.AtBlobAsync(erasure.Tenant, after, Calls, ct);
        foreach (var name in found)
        {
            Check("Vercel Blob", await blob.DeleteAsync(name, ct));
        }

        if (found.Count == Calls)
        {
            return found[^1];
        }

        var gone = await db.InTenantAsync(erasure.Tenant, tx => tenants.CountAtBlobAsync(tx, erasure.Tenant), ct);
        await store.NoteDoneAsync(erasure, done => done with { Blob = ErasedAtBlob.Most(done.Blob, gone) }, ct);
        return null;
    }

    private Task<bool> IsRunningAsync(ErasureRef erasure, CancellationToken ct) =>
        db.InTenantAsync(erasure.Tenant, async tx => await store.RunningAsync(tx, erasure) is not null, ct);

    /// <summary>Cancels an upload that waits; otherwise the asset that it has become, if any.</summary>
    private async Task<string?> AssetOfAsync(string upload, CancellationToken ct)
    {
        if ((await mux.CancelUploadAsync(upload, ct)).Failure is not { } failure)
        {
            return null;
        }

        if (failure is not VendorFailure.Refused)
        {
            Check("Mux", failure);
        }

        var found = await mux.GetUploadAsync(upload, ct);
        if (found.IsFailure(out failure, out var atMux))
        {
            return failure is VendorFailure.Refused { Status: 404 } ? null : throw Fault("Mux", failure);
        }

        return atMux.AssetId;
    }

    private static void Check(string vendor, VendorFailure? failure)
    {
        if (failure is not null)
        {
            throw Fault(vendor, failure);
        }
    }

    private static Exception Fault(string vendor, VendorFailure failure) => failure is VendorFailure.Refused { Status: NotYet }
        ? new TransientException(failure.Reason)
        : ErasureFaults.Of(vendor, failure);
}
