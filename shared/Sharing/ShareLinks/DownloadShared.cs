using Portal.Foundation.Db;
using Portal.Foundation.Limits;
using Portal.Vendors.Mux;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

/// <summary>What came of asking for the file.</summary>
public abstract record Downloaded
{
    private Downloaded()
    {
    }

    public sealed record File(string Url, DateTimeOffset ExpiresAt) : Downloaded;

    /// <summary>The link does not allow it.</summary>
    public sealed record NotAllowed : Downloaded;

    /// <summary>Mux has not made the file yet; it is being asked for.</summary>
    public sealed record NotYet : Downloaded;
}

/// <summary>Signs the address of the version's file for a guest whose link allows it; a minted token like any other.</summary>
public sealed class DownloadShared(
    PortalDb db, ShareAccessStore store, MuxTaskStore tasks, MintPlayback mint, PlaybackTokens tokens, TimeProvider clock)
{
    /// <param name="peek">HEAD: say whether it would work, mint nothing.</param>
    public async Task<Downloaded> RunAsync(GuestEntry guest, Requester requester, bool peek, CancellationToken ct)
    {
        if (!guest.AllowDownload)
        {
            return new Downloaded.NotAllowed();
        }

        if (guest.DownloadName is not { } name)
        {
            // A link to "latest" may have moved on to a version that nobody has asked a file of.
            await db.InTenantAsync(guest.Tenant, tx => tasks.WantRenditionAsync(tx, guest.Tenant, guest.Version), ct);
            return new Downloaded.NotYet();
        }

        var now = clock.GetUtcNow();
        var expires = tokens.Expiry(guest.ExpiresAt);
        if (peek)
        {
            return new Downloaded.File("", expires);
        }

        return await db.InTenantAsync(guest.Tenant, tx => store.KeepMintAsync(tx, guest.Tenant, guest, requester, now, expires), ct)
            ? new Downloaded.File(mint.FileFor(guest.PlaybackId, name, expires), expires)
            : new Downloaded.NotAllowed();
    }
}
