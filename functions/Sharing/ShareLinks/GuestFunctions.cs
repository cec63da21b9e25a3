using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Outages;
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
    [Needs(Feature.ShareLinks)]
    [Operation("Unlock a share link with its passphrase", Takes = typeof(UnlockShareLinkInput), Status = 204,
        Details = "Sets a cookie that opens the link until its end; the portal's own pages also find it in the header Portal-Unlock, and "
            + "may "
            + "send it back as that. A link without a passphrase answers 204 and sets none.")]
    [Refuses(403, "wrong-passphrase", "It is not the passphrase.")]
    [Refuses(403, "share-link-unavailable", "It is revoked or expired.")]
    [Refuses(404, "not-found", "There is no such link.")]
    [Refuses(429, "too-many-requests", "10 wrong ones in 15 minutes from one address or 100 in an hour, or 100 requests in a minute.")]
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

        return (await unlock.RunAsync(token, input.Passphrase, access.Requester(request), ct)).Answer(unlocked =>
        {
            if (unlocked.Token is { } cookie)
            {
                access.GiveUnlock(request.HttpContext, token, cookie, unlocked.ExpiresAt);
            }

            return Reply.NoContent;
        });
    }
}

/// <summary>Where to download the file, and until when.</summary>
public sealed record DownloadJson(string Url, DateTimeOffset UrlExpiresAt);

public sealed class DownloadSharedFunction(DownloadShared download, GuestAccess access)
{
    [Function("DownloadShared")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Needs(Feature.ShareLinks)]
    [Operation(
        "Get a download URL from a share link", Returns = typeof(DownloadJson),
        Details = "Needs the cookie that opening the link gave. HEAD mints nothing.")]
    [Refuses(403, "download-not-allowed", "The link does not allow downloading.")]
    [Refuses(409, "download-preparing", "The file is being made; come back in half a minute.", SaysWhen = true)]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/download")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        var file = await download.RunAsync(guest, access.Requester(request), HttpMethods.IsHead(request.Method), ct);
        return file.Answer(f => Results.Json(new DownloadJson(f.Url, f.ExpiresAt)));
    }
}
