using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

public sealed record UnlockShareLinkInput
{
    [Text(Passphrases.MaxLength)]
    public required string Passphrase { get; init; }
}

/// <summary>Takes a link's passphrase (never in a URL) for a cookie that opens it.</summary>
public sealed class UnlockShareLinkFunction(UnlockShareLink unlock, GuestAccess access, TimeProvider clock)
{
    [Function("UnlockShareLink")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Unlock a share link with its passphrase", Takes = typeof(UnlockShareLinkInput), Status = 204,
        Details = "Sets a cookie that opens the link until its end; the portal's own pages also find it in the header Portal-Unlock, and "
            + "may "
            + "send it back as that. A link without a passphrase answers 204 and sets none.")]
    [Refuses(403, "wrong-passphrase", "It is not the passphrase.")]
    [Refuses(403, "share-link-unavailable", "It is revoked or expired.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(429, "too-many-requests", "More than 10 attempts in 15 minutes from one address, or more than 100 an hour for one link.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share/{token}/unlock")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<UnlockShareLinkInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        switch (await unlock.RunAsync(token, input.Passphrase, access.Requester(request), ct))
        {
            case UnlockedShareLink.Unlocked u:
                if (u.UnlockToken is { } cookie)
                {
                    GuestAccess.GiveUnlock(request.HttpContext, token, cookie, u.ExpiresAt);
                }

                return Reply.NoContent;
            case UnlockedShareLink.Refused r:
                return GuestAccess.Refuse(r.Why);
            default:
                return Problem.Forbidden("wrong-passphrase", "That is not the passphrase of this link.");
        }
    }
}

/// <summary>Where to download the file, and until when.</summary>
public sealed record DownloadJson(string Url, DateTimeOffset UrlExpiresAt);

public sealed class DownloadSharedFunction(DownloadShared download, GuestAccess access)
{
    private const int TryAgainSeconds = 30;

    [Function("DownloadShared")]
    [Allows(PortalAction.Anonymous)]
    [Operation(
        "Get a download URL from a share link", Returns = typeof(DownloadJson),
        Details = "Needs the cookie that opening the link gave. HEAD mints nothing.")]
    [Refuses(401, "sign-in-required", "The link is only for people who are signed in.")]
    [Refuses(401, "passphrase-required", "The link has a passphrase: unlock it first.")]
    [Refuses(403, "download-not-allowed", "The link does not allow downloading.")]
    [Refuses(403, "share-link-not-opened", "No cookie of a viewer came along.")]
    [Refuses(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it.")]
    [Refuses(403, "not-addressed", "Somebody is signed in, and the link is not for them.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(409, "download-preparing", "The file is being made; come back in half a minute.", SaysWhen = true)]
    [Refuses(429, "too-many-requests", "More than 100 requests a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/download")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        var (guest, problem) = await access.EnterAsync(request, token, ct);
        if (guest is null)
        {
            return problem!;
        }

        return await download.RunAsync(guest, access.Requester(request), HttpMethods.IsHead(request.Method), ct) switch
        {
            Downloaded.File f => Results.Json(new DownloadJson(f.Url, f.ExpiresAt)),
            Downloaded.NotYet =>
                new Problem(
                    409, "download-preparing", "Not possible in the present state", "The file is being made.",
                    retryAfter: TryAgainSeconds),
            _ => Problem.Forbidden("download-not-allowed", "This link does not allow downloading."),
        };
    }
}
