using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

public sealed record SharedFile(string Url, DateTimeOffset ExpiresAt);

/// <summary>Signs the address of the version's file for a guest whose link allows it; a minted token like any other.</summary>
public sealed class DownloadShared(PortalDb db, ShareAccessStore store, MuxTaskStore tasks, MintPlayback mint, PlaybackTokens tokens)
{
    private const int TryAgainSeconds = 30;

    private static readonly Refusal NotAllowed = new Refusal.Forbidden("download-not-allowed", "This link does not allow downloading.");

    /// <param name="peek">HEAD: say whether it would work, mint nothing.</param>
    public async Task<Result<SharedFile>> RunAsync(GuestLink guest, Requester requester, bool peek, CancellationToken ct)
    {
        if (!guest.AllowDownload)
        {
            return NotAllowed;
        }

        if (guest.DownloadName is not { } name)
        {
            // A link to "latest" may have moved on to a version that nobody has asked a file of.
            await db.InTenantAsync(guest.TenantId, tx => tasks.WantRenditionAsync(tx, guest.TenantId, guest.AssetVersionId), ct);
            return new Refusal.Conflict("download-preparing", "The file is being made.", TryAgainSeconds);
        }

        var expires = tokens.Expiry(guest.ExpiresAt);
        if (peek)
        {
            return new SharedFile("", expires);
        }

        if (!await db.InTenantAsync(guest.TenantId, tx => store.KeepMintAsync(tx, guest.TenantId, guest, requester, expires), ct))
        {
            return NotAllowed;
        }

        return new SharedFile(mint.FileFor(guest.PlaybackId, name, expires), expires);
    }
}
