using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Faults;
using Portal.Foundation.Limits;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Sharing.ShareLinks;
using Portal.People;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.GuestPage;

/// <summary>
/// A share link as a page. Its rules are those of <c>/api/share</c>: the same use cases, the same cookies, the same limits; here they are
/// answered in HTML, and what a guest writes the page's script sends to the API.
/// </summary>
public sealed partial class GuestPageFunctions(
    OpenShareLink open, UnlockShareLink unlock, DownloadShared download, GuestAccess access, SharedComments shared, TenantStore tenants,
    KnownOutages outages, GuestPagePolicy policy, GuestPageMessages messages, TimeProvider clock, ILogger<GuestPageFunctions> logger)
{
    private const int MaxFormBytes = 4 * 1024;

    [Function("GuestPage")]
    [Allows(PortalAction.Anonymous)]
    public Task<IResult> ShowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/{token}")] HttpRequest request,
        string token,
        CancellationToken ct) => GuardAsync(request, token, async () =>
    {
        // What a browser fetches in case somebody might follow a link is no open. Refused, it asks again when somebody does.
        if (request.Headers["Sec-Purpose"].ToString().StartsWith("prefetch", StringComparison.OrdinalIgnoreCase))
        {
            return policy.Answer(request.HttpContext, messages.Busy(token), StatusCodes.Status503ServiceUnavailable);
        }

        var visitor = await access.VisitorAsync(request, token, ct);
        var peek = HttpMethods.IsHead(request.Method) || visitor.Requester.AgentFamily == AgentFamily.Robot;
        if ((await open.RunAsync(visitor, peek, ct)).IsRefused(out var refusal, out var link))
        {
            return Refused(request, refusal, token);
        }

        if (link.Urls is null || await tenants.BrandAsync(link.TenantId, ct) is not { } brand)
        {
            return policy.Answer(request.HttpContext, messages.Preview(link.Title, token));
        }

        if (link.NewViewer)
        {
            access.GiveViewer(request.HttpContext, visitor, link.ExpiresAt);
        }

        var comments = link.AllowComments ? await shared.ListAsync(link, null, ct) : null;
        return policy.Answer(request.HttpContext, GuestPageView.Of(
            link, link.Urls, brand, comments, SharedComments.Author(request, link), token, clock.GetUtcNow()));
    });

    [Function("GuestPageUnlock")]
    [Allows(PortalAction.Anonymous)]
    public Task<IResult> UnlockAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "s/{token}")] HttpRequest request,
        string token,
        CancellationToken ct) => GuardAsync(request, token, async () =>
    {
        if (!IsOfThisPage(request))
        {
            return policy.Answer(request.HttpContext, messages.FromElsewhere(token), StatusCodes.Status403Forbidden);
        }

        if (await ReadPassphraseAsync(request) is not { } passphrase)
        {
            return Refused(request, new Refusal.InvalidField("passphrase", "text", "is needed."), token);
        }

        if ((await unlock.RunAsync(token, passphrase, access.Requester(request), ct)).IsRefused(out var refusal, out var unlocked))
        {
            return Refused(request, refusal, token);
        }

        if (unlocked.Token is { } cookie)
        {
            access.GiveUnlock(request.HttpContext, token, cookie, unlocked.ExpiresAt);
        }

        return Answers.SeeOther(GuestAccess.GuestPagePath(token));
    });

    [Function("GuestPageComments")]
    [Allows(PortalAction.Anonymous)]
    public Task<IResult> CommentsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/{token}/comments")] HttpRequest request,
        string token,
        CancellationToken ct) => GuardAsync(request, token, async () =>
    {
        if ((await shared.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return Refused(request, refusal, token);
        }

        var comments = await shared.ListAsync(guest, request.Query["cursor"], ct);
        return await tenants.BrandAsync(guest.TenantId, ct) is { } brand && comments is not null
            ? policy.Answer(request.HttpContext, GuestPageView.More(
                guest, brand, comments, SharedComments.Author(request, guest), token, clock.GetUtcNow()))
            : Refused(request, new Refusal.NotFound("page"), token);
    });

    [Function("GuestPageDownload")]
    [Allows(PortalAction.Anonymous)]
    public Task<IResult> DownloadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/{token}/download")] HttpRequest request,
        string token,
        CancellationToken ct) => GuardAsync(request, token, async () =>
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return Refused(request, refusal, token);
        }

        var file = await download.RunAsync(guest, access.Requester(request), HttpMethods.IsHead(request.Method), ct);
        return file.Match(f => f.Url.Length > 0 ? Answers.SeeOther(f.Url) : Results.Ok(), why => Refused(request, why, token));
    });

    [Function("GuestPageAsset")]
    [Allows(PortalAction.Anonymous)]
    public IResult Asset(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "s/assets/{file}")] HttpRequest request, string file) =>
        GuestPageHtml.Assets.Answer(request, file);

    private IResult Refused(HttpRequest request, Refusal refusal, string token)
    {
        var (page, status, retryAfter) = messages.Of(refusal, token);
        if (retryAfter is { } seconds)
        {
            request.HttpContext.Response.Headers.RetryAfter = $"{seconds}";
        }

        return policy.Answer(request.HttpContext, page, status);
    }

    /// <summary>A guest reads HTML when something is away or switched off, too.</summary>
    private async Task<IResult> GuardAsync(HttpRequest request, string token, Func<Task<IResult>> answer)
    {
        try
        {
            return await outages.FindAsync(Feature.ShareLinks, request.HttpContext.RequestAborted) is { } off
                ? Refused(request, off, token)
                : await answer();
        }
        catch (Exception e) when (ExceptionMiddleware.IsAway(e))
        {
            Log.Away(logger, e);
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return policy.Answer(request.HttpContext, messages.Busy(token), StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>Browsers say where a form comes from; the older ones by its origin alone.</summary>
    private static bool IsOfThisPage(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
        ? site == "same-origin"
        : Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
            && origin.Authority == request.Host.Value;

    /// <summary>Held to the rules of the API's own input.</summary>
    private async Task<string?> ReadPassphraseAsync(HttpRequest request)
    {
        var (form, _) = await RequestBody.ReadFormAsync(request, MaxFormBytes);
        if (form?.TryGetValue("passphrase", out var sent) != true)
        {
            return null;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(new { passphrase = sent.ToString() });
        return Input.Parse<UnlockShareLinkInput>(json, clock.GetUtcNow()).Value?.Passphrase;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The guest's page could not be made")]
        public static partial void Away(ILogger logger, Exception e);
    }
}
