using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Videos;

namespace Portal.Sharing.ShareLinks;

/// <summary>What a person asks for: checked values.</summary>
/// <param name="Version">Null: always the latest version that is ready.</param>
/// <param name="Lifetime">24 hours to 7 days.</param>
public sealed record ShareLinkRequest(
    AssetId Asset, AssetVersionId? Version, TimeSpan Lifetime, ShareLinkSettings ShareLinkSettings, KeptPassphrase? Passphrase);

/// <summary>
/// Makes a share link. Only an asset with something ready behind it can be shared: a guest must never meet an empty page. Its token is
/// made again from the link for the answer (<see cref="ShareTokens"/>) and never stored.
/// </summary>
public sealed class CreateShareLink(
    AssetStore assets, AssetChangeStore changes, ShareLinkStore links, MuxTaskStore tasks, ShareTokens tokens, TimeProvider clock)
{
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(7);
    public static readonly TimeSpan MinLifetime = TimeSpan.FromHours(24);
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(7);

    public async Task<Result<ShareLink>> RunAsync(Tx tx, Caller caller, ShareLinkRequest request)
    {
        if (await assets.FindAsync(tx, caller.Tenant, caller, request.Asset) is not { } asset)
        {
            return new Refusal.NotFound("asset");
        }

        await changes.HoldAsync(tx, caller.Tenant, request.Asset);
        if (await assets.FindReadyAsync(tx, caller.Tenant, request.Asset, request.Version) is not { } ready)
        {
            return new Refusal.Conflict(
                "asset-not-ready", $"There is nothing ready to share yet; the newest version is {asset.VersionStatus}.");
        }

        if (request.ShareLinkSettings.AllowDownload)
        {
            await tasks.WantRenditionAsync(tx, caller.Tenant, ready.Id);
        }

        var now = clock.GetUtcNow();
        var id = NewKey.At<ShareLinkId>(now);
        var token = tokens.Make(id, 1, tokens.CurrentKey);
        return await links.CreateAsync(tx, caller.Tenant, caller, new(
            id, asset.ProjectId, asset.Id, request.Version?.Value, ShareTokens.Hash(token)!, tokens.CurrentKey, now + request.Lifetime,
            request.ShareLinkSettings, request.Passphrase));
    }
}
