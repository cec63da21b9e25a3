using Microsoft.Extensions.Options;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Blob;
using Portal.Vendors.Mux;

namespace Portal.Videos.Uploads;

/// <summary>What came of opening an upload at Mux.</summary>
/// <param name="Status">The row's status afterwards.</param>
/// <param name="Slot">Set when our slot comes later (Mux: one POST a second per account): come back then with it, it is no
/// attempt.</param>
/// <param name="NeedsBlob">Set when the original has not arrived at Vercel Blob yet: wait for it.</param>
public sealed record Opened(string Status, DateTimeOffset? Slot = null, bool NeedsBlob = false);

/// <summary>
/// Makes what Mux needs to take a file: a direct upload, or an asset from the stored original. Safe to run again after a crash at any
/// point. A second direct upload harms nobody: without bytes it times out and makes no asset. A second asset would be an orphan, so
/// before a create call its intent is written down, and where an intent is found without a result, Mux is asked first whether the
/// asset exists (by passthrough) and that one is adopted.
/// </summary>
public sealed class CreateMuxUpload(
    UploadProgressStore progress, VendorRateLimitStore limiter, MuxVideo mux, BlobReads blob, SettleUpload settle,
    IOptions<MuxOptions> options,
    TimeProvider clock)
{
    private const int AdoptPages = 3;
    private const int PageSize = 100;

    /// <param name="slot">A slot reserved by an earlier run whose moment has come; null: none yet.</param>
    /// <exception cref="TransientException">Mux or the database is away.</exception>
    /// <exception cref="PermanentException">Mux refuses what we ask for.</exception>
    public async Task<Opened> RunAsync(UploadRef upload, DateTimeOffset? slot, CancellationToken ct)
    {
        var job = await progress.FindAsync(upload, ct);
        if (job is null || job.Attempt != upload.Attempt || UploadStatus.IsFinal(job.Status) || job.MuxUploadId is not null
            || job.MuxAssetId is not null)
        {
            return new(job is null || job.Attempt != upload.Attempt ? UploadStatus.Cancelled : job.Status);
        }

        if (clock.GetUtcNow() >= job.ExpiresAt && !job.HasOriginal)
        {
            return new(job.Status); // too late to open: reconciling will call it timed out
        }

        if (job is { Source: UploadSource.Blob, HasOriginal: false })
        {
            return new(job.Status, NeedsBlob: true);
        }

        if (job is { Source: UploadSource.Blob, MuxCreateAt: not null } && await AdoptAsync(job, ct) is { } adopted)
        {
            return adopted;
        }

        slot ??= await limiter.TakeSlotAsync("mux", options.Value.PostGap, ct);
        if (slot > clock.GetUtcNow())
        {
            return new(job.Status, Slot: slot);
        }

        if (!await progress.IntendCreateAsync(upload, ct))
        {
            return new((await progress.FindAsync(upload, ct))?.Status ?? UploadStatus.Cancelled);
        }

        return job.Source == UploadSource.Direct ? await CreateUploadAsync(job, ct) : await CreateAssetAsync(job, ct);
    }

    private async Task<Opened> CreateUploadAsync(UploadJob job, CancellationToken ct)
    {
        var left = job.ExpiresAt - clock.GetUtcNow();
        var timeout = TimeSpan.FromSeconds(Math.Clamp(Math.Floor(left.TotalSeconds), 60, 604_800));
        var created = await mux.CreateUploadAsync(job.Id.ToString(), job.TenantId.ToString(), job.CorsOrigin, timeout, ct);
        if (created.IsFailure(out var failure, out var made))
        {
            return await OtherwiseAsync(job, failure, ct);
        }

        // Not kept: the job was cancelled meanwhile. The upload at Mux has no bytes and nobody knows its URL; cancel it all the same.
        var url = made.Url ?? throw new TransientException("Mux made an upload without a URL.");
        if (!await progress.KeepUploadAsync(job.Ref, made.Id, url, ct))
        {
            await mux.CancelUploadAsync(made.Id, ct);
        }

        return new((await progress.FindAsync(job.Ref, ct))?.Status ?? UploadStatus.Cancelled);
    }

    private async Task<Opened> CreateAssetAsync(UploadJob job, CancellationToken ct)
    {
        var stored = await blob.FindAsync(job.BlobPathname!, ct);
        if (stored.IsFailure(out var failure, out var original))
        {
            throw failure is VendorFailure.Refused { Status: 404 }
                ? new PermanentException("The original is not at Vercel Blob any more.")
                : new TransientException($"Vercel Blob does not say how large the original is: {failure.Reason}");
        }

        await progress.KeepSizeAsync(job, original.Size, ct);

        // Long enough for Mux to fetch a large file, also when it queues the job.
        var source = await blob.UrlAsync(job.BlobUrl!, job.BlobPathname!, clock.GetUtcNow() + TimeSpan.FromHours(6), ct);
        if (source.IsFailure(out failure, out var url))
        {
            throw new TransientException($"Vercel Blob gives no address to read the original from: {failure.Reason}");
        }

        var created = await mux.CreateAssetAsync(job.Id.ToString(), job.TenantId.ToString(), url, ct);
        return created.IsFailure(out failure, out var made) ? await OtherwiseAsync(job, failure, ct) : await SettleAsync(job, made, ct);
    }

    private async Task<Opened?> AdoptAsync(UploadJob job, CancellationToken ct)
    {
        for (var page = 1; page <= AdoptPages; page++)
        {
            switch (await mux.ListAssetsAsync(page, PageSize, ct))
            {
                case { Value: { } assets }:
                    foreach (var asset in assets.Where(a => a.Passthrough == job.Id.ToString()))
                    {
                        var settled = await SettleAsync(job, asset, ct);
                        if (settled.Status != UploadStatus.Waiting)
                        {
                            return settled;
                        }
                    }

                    if (assets.Count < PageSize)
                    {
                        return null;
                    }

                    break;
                case { Failure: VendorFailure.RateLimited p }:
                    return new(job.Status, Slot: await SlowDownAsync(p.Wait, ct));
                default:
                    throw new TransientException("Mux could not be asked whether the asset exists already.");
            }
        }

        return null;
    }

    private async Task<Opened> SettleAsync(UploadJob job, MuxAsset asset, CancellationToken ct)
    {
        await settle.ApplyAssetAsync(asset, Actor.Mux(null), ct);
        return new((await progress.FindAsync(job.Ref, ct))?.Status ?? UploadStatus.Cancelled);
    }

    private async Task<DateTimeOffset> SlowDownAsync(TimeSpan wait, CancellationToken ct)
    {
        await limiter.SlowDownAsync("mux", wait, ct);
        return await limiter.TakeSlotAsync("mux", options.Value.PostGap, ct);
    }

    private async Task<Opened> OtherwiseAsync(UploadJob job, VendorFailure failure, CancellationToken ct) => failure switch
    {
        VendorFailure.RateLimited p => new(job.Status, Slot: await SlowDownAsync(p.Wait, ct)),
        VendorFailure.Refused { Status: 401 or 403 } r => throw new TransientException($"Mux refuses our credentials ({r.Status})."),
        VendorFailure.Refused r => throw new PermanentException(r.Reason),
        _ => throw new TransientException(failure.Reason),
    };
}
