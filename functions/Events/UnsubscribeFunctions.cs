using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.Deliveries;
using Portal.Foundation;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Events;

/// <summary>
/// What the link at the foot of a mail opens. Looking changes nothing: mail programs and scanners follow links. The button, and the mail
/// program's own button (RFC 8058), post to the same address.
/// </summary>
public sealed class ShowUnsubscribeFunction(Unsubscribe unsubscribe)
{
    [Function("ShowUnsubscribe")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Preview an unsubscribe", MediaType = "text/html", Returns = typeof(string))]
    [Refuses(404, "not-found", "The link is not one of ours.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/mail/unsubscribe/{token}")] HttpRequest request,
        string token,
        CancellationToken ct) =>
        await unsubscribe.FindAsync(token, ct) is { } mail
            ? UnsubscribePage.Show(
                request, "No more mails like this?", $"You will get no more mails of {mail.TenantName} about this.", button: true)
            : Problem.NotFound("such mail");
}

public sealed class UnsubscribeFunction(Unsubscribe unsubscribe)
{
    [Function("Unsubscribe")]
    [Allows(PortalAction.Anonymous)]
    [Operation(
        "Unsubscribe", MediaType = "text/html", Returns = typeof(string),
        Details = "One-click unsubscribing of RFC 8058. Doing it again changes nothing.")]
    [Refuses(404, "not-found", "The link is not one of ours.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/mail/unsubscribe/{token}")] HttpRequest request,
        string token,
        CancellationToken ct) =>
        await unsubscribe.RunAsync(token, ct) is { } mail
            ? UnsubscribePage.Show(request, "Done", $"You will get no more mails of {mail.TenantName} about this.", button: false)
            : Problem.NotFound("such mail");
}

internal static class UnsubscribePage
{
    private const string Style =
        "body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.25rem;color-scheme:light dark}"
        + "button{font:inherit;font-weight:600;padding:.7rem "
        + "1.4rem;border:0;border-radius:.5rem;background:#1a56b0;color:#fff;cursor:pointer}";

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri "
            + "'none'; form-action 'self'; frame-ancestors 'none'";

    public static IResult Show(HttpRequest request, string title, string text, bool button)
    {
        request.HttpContext.Response.Headers.ContentSecurityPolicy = Policy;
        return Results.Content(
            "<!doctype html><html lang=\"en-AU\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
                + $"initial-scale=1\"><title>{title}</title>"
            + $"<style>{Style}</style></head><body><h1>{title}</h1><p>{Html.Encode(text)}</p>"
            + (button ? "<form method=\"post\"><button>Stop these mails</button></form>" : "") + "</body></html>",
            "text/html; charset=utf-8");
    }
}
