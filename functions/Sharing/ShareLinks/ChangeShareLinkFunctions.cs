using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing.ShareLinks;
using Portal.Videos;

namespace Portal.Functions.Sharing.ShareLinks;

public sealed record UpdateShareLinkInput
{
    public Change<bool> AllowComments { get; init; }

    public Change<bool> AllowDownload { get; init; }

    public Change<bool> RequireSignIn { get; init; }

    [Text(
        Passphrases.MaxLength, Min = Passphrases.MinLength), About(
            "A new one, or null for none. Everybody who knew the old one is asked again.")]
    public Change<string?> Passphrase { get; init; }

    [Whole(1, 1_000_000), About("null: any number. Not fewer than have opened it.")]
    public Change<int?> MaxOpens { get; init; }

    [OneOf(typeof(ShareLinkNotice))]
    public Change<string> Notify { get; init; }

    [Text(200, Min = 0)]
    public Change<string> Label { get; init; }

    [Items(50), Email, About("The whole list.")]
    public Change<IReadOnlyList<string>> GuestEmails { get; init; }

    internal ShareLinkSettings Over(ShareLink l) => new(
        AllowComments.Or(l.AllowComments), AllowDownload.Or(l.AllowDownload), RequireSignIn.Or(l.RequireSignIn), MaxOpens.Or(l.MaxOpens),
        Notify.Or(l.Notify)!,
        Label.Or(l.Label)!, ShareLinkEnds.Addresses(GuestEmails.Or(l.GuestEmails)!));
}

/// <summary>The switches of a link. Its end is moved by extending.</summary>
public sealed class UpdateShareLinkFunction(
    ShareLinkStore links, ShareLinkTransitions moves, Passphrases passphrases, AssetStore assets, MuxTaskStore tasks, Writes writes)
{
    [Function("UpdateShareLink")]
    [Allows(PortalAction.UpdateShareLink)]
    [Operation("Update a share link", Takes = typeof(UpdateShareLinkInput), Returns = typeof(ShareLinkJson), NeedsMatch = true)]
    [Refuses(409, "share-link-revoked", "It is revoked.")]
    [Refuses(409, "opened-more-often", "More guests have opened it than maxOpens would allow.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/share-links/{id:guid}")] HttpRequest request, Guid id)
    {
        KeptPassphrase? kept = null;
        return writes.PatchAsync<UpdateShareLinkInput>(request, async (tx, caller, input, version) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            var passphrase = input.Passphrase.IsSet ? new PassphraseChange(kept) : null;
            var result = await moves.UpdateAsync(tx, caller.Tenant, caller, link, version, input.Over(link), passphrase);
            if (result.IsRefused(out var refusal, out var changed))
            {
                return refusal.Problem();
            }

            if (changed.AllowDownload && !link.AllowDownload && await ReadyAsync(tx, caller, changed) is { } ready)
            {
                await tasks.WantRenditionAsync(tx, caller.Tenant, ready.Id);
            }

            return Reply.Ok(ShareLinkJson.From(changed), changed.Version);
        }, async input =>
        {
            (kept, var refusal) = input.Passphrase.Value is { } text
                ? await passphrases.KeepAsync(text, request.HttpContext.RequestAborted)
                : default;
            return refusal?.Problem();
        });
    }

    private Task<ReadyVersion?> ReadyAsync(Tx tx, Caller caller, ShareLink link) =>
        assets.FindReadyAsync(tx, caller.Tenant, link.AssetId, link.AssetVersionId is { } version ? new AssetVersionId(version) : null);
}

public sealed record ExtendShareLinkInput : IChecked
{
    [About("24 hours to 7 days from now, and later than the present end.")]
    public required DateTimeOffset ExpiresAt { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (!ShareLinkEnds.IsAllowed(ExpiresAt, now))
        {
            faults.Add("expiresAt", "range", ShareLinkEnds.Rule);
        }
    }
}

/// <summary>A later end; an expired link is active again.</summary>
public sealed class ExtendShareLinkFunction(ShareLinkStore links, ShareLinkTransitions moves, ShareLinkAnswers answers, Writes writes)
{
    [Function("ExtendShareLink")]
    [Allows(PortalAction.UpdateShareLink)]
    [Operation("Extend a share link", Takes = typeof(ExtendShareLinkInput), Returns = typeof(ShareLinkJson), TakesKey = true)]
    [Refuses(409, "share-link-revoked", "It is revoked.")]
    [Refuses(409, "not-later", "It ends then, or later, already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/extend")] HttpRequest request, Guid id) =>
        writes.PostAsync<ExtendShareLinkInput>(request, async (tx, caller, input) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            var result = await moves.ExtendAsync(tx, caller.Tenant, Actor.From(caller), link, input.ExpiresAt);
            return result.Answer(extended => Reply.Ok(ShareLinkJson.WithoutGuests(extended), extended.Version));
        }, reply => answers.WithGuestsAsync(request, reply));
}

/// <summary>Revokes for good. From the answer on nothing is minted; playback tokens that are out die within 15 minutes.</summary>
public sealed class RevokeShareLinkFunction(ShareLinkStore links, ShareLinkTransitions moves, ShareLinkAnswers answers, Writes writes)
{
    [Function("RevokeShareLink")]
    [Allows(PortalAction.RevokeShareLink)]
    [Operation("Revoke a share link", Returns = typeof(ShareLinkJson), TakesKey = true)]
    [Refuses(409, "share-link-revoked", "It is revoked already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/revoke")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            var result = await moves.RevokeAsync(tx, caller.Tenant, caller, link);
            return result.Answer(revoked => Reply.Ok(ShareLinkJson.WithoutGuests(revoked), revoked.Version));
        }, reply => answers.WithGuestsAsync(request, reply));
}

/// <summary>
/// Revokes so that tokens which are out die too: the version gets another playback id, and the one the tokens are for is deleted at Mux.
/// The rows commit first; Mux is asked at once, and by the timer until it has confirmed.
/// </summary>
public sealed class HardRevokeShareLinkFunction(
    ShareLinkStore links, ShareLinkTransitions moves, ProcessMuxTasks tasks, ShareLinkAnswers answers, Writes writes)
{
    [Function("HardRevokeShareLink")]
    [Allows(PortalAction.RevokeShareLink)]
    [Operation("Revoke a share link and its playback URLs", Returns = typeof(ShareLinkJson), TakesKey = true,
        Details = "A link that is revoked already can be hard revoked. Guests of other links of the same version must renew their URL: "
            + "it stops working too.")]
    [Refuses(409, "share-link-hard-revoked", "It is hard revoked already.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/hard-revoke")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        writes.PostAsync(request, async (tx, caller) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            // Revoked before is as good: only the playback URLs are left to end.
            var revoked = (await moves.RevokeAsync(tx, caller.Tenant, caller, link)).Match(now => now, _ => link);
            var result = await moves.HardRevokeAsync(tx, caller.Tenant, caller, revoked);
            return result.Answer(done => Reply.Ok(ShareLinkJson.WithoutGuests(done), done.Version));
        }, async reply =>
        {
            await tasks.RunAsync(request.HttpContext.Caller().Tenant, ct);
            return await answers.WithGuestsAsync(request, reply);
        });
}
