using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation;
using Portal.Foundation.Faults;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Operations;

namespace Portal.Functions.Operations.Page;

/// <summary>Exchanges a Clerk session token for the cookie of a sign-in.</summary>
public sealed class SignInPage(OperatorSessionStore sessions, RequesterHash hash, TimeProvider clock)
{
    [Function("OpsSignInPage")]
    [Allows(PortalAction.Anonymous)]
    public IResult Show([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/sign-in")] HttpRequest request) =>
        Form(request.HttpContext, request.Query["next"].ToString(), null, StatusCodes.Status200OK);

    [Function("OpsSignIn")]
    [Allows(PortalAction.Anonymous)]
    public async Task<IResult> SignInAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/sign-in")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        var next = http.Field("next");
        var signedIn = await sessions.SignInAsync(http.Field("token").Trim(), http.Requester(hash), ct);
        if (!signedIn.IsRefused(out var why, out var session))
        {
            http.SetOpsCookie(OpsRequest.SessionCookie, session.Token, session.ExpiresAt - clock.GetUtcNow());
            return Answers.SeeOther(IsOurs(next) ? next : "/ops");
        }

        if (why is Refusal.TooMany wait)
        {
            http.Response.Headers.RetryAfter = $"{wait.RetryAfter}";
            return Form(http, next, wait.Detail, StatusCodes.Status429TooManyRequests);
        }

        return Form(http, next, ((Refusal.Forbidden)why).Detail, StatusCodes.Status403Forbidden);
    }

    [Function("OpsSignOut")]
    [Allows(PortalAction.UseOpsPage)]
    public async Task<IResult> SignOutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/sign-out")] HttpRequest request, CancellationToken ct)
    {
        var http = request.HttpContext;
        await sessions.SignOutAsync(http.Operator(), request.Cookies[OpsRequest.SessionCookie]!, ct);
        http.SetOpsCookie(OpsRequest.SessionCookie, "", TimeSpan.Zero);
        return Answers.SeeOther("/ops/sign-in");
    }

    private static HtmlPage Form(HttpContext http, string next, string? fault, int status) => new(
        OpsLayout.Page("Sign in", Html.Of($"""
            <section class="sign-in">
            <h1>Sign in</h1>
            <p class="lead">For Operators. You need a session token of Clerk.</p>
            {(fault is null ? Html.Empty : Html.Of($"""<p class="notice bad" id="fault" role="alert">{fault}</p>"""))}
            <form method="post" action="/ops/sign-in" autocomplete="off">
            {OpsLayout.FormToken(OperatorSessionStore.FormToken(http.FormSecret()))}
            <input type="hidden" name="next" value="{(IsOurs(next) ? next : "/ops")}">
            <label for="token">Session token</label>
            <input id="token" name="token" type="password" required autofocus spellcheck="false" aria-describedby="{(fault is null ? "how" : "fault how")}">
            <button class="primary">Sign in</button>
            </form>
            <div id="how" class="how">
            <p>Where it comes from: signed in at the portal, the browser's console gives it with <code>await Clerk.session.getToken()</code>.
            It lives for about a minute.</p>
            <p>On a laptop: <code>dotnet run --project infra/local -- token operator</code></p>
            </div>
            </section>
            """), null),
        status);

    /// <summary>Only to a page of ours: <c>//host</c> and <c>/\host</c> lead elsewhere.</summary>
    private static bool IsOurs(string next) =>
        (next == "/ops" || next.StartsWith("/ops/", StringComparison.Ordinal) || next.StartsWith("/ops?", StringComparison.Ordinal))
        && next.Length <= 1000 && !next.StartsWith("/ops/sign-", StringComparison.Ordinal)
            && !next.Any(c => char.IsControl(c) || c == '\\');
}
