using System.Security.Cryptography;

namespace Portal.Tests.Staging.Checks;

/// <summary>What browsers let pages of which origin do, and what the cookies of guests and of those on call are like.</summary>
internal static class CorsAndCookiesCheck
{
    private const string Allow = "Access-Control-Allow-Origin";
    private const string Elsewhere = "https://elsewhere.example";
    private const string ViewerCookie = "portal_viewer";
    private const string UnlockCookie = "portal_unlock";

    public static async Task RunAsync(StagingRun run)
    {
        var origin = run.Arguments.Origin!;
        await PreflightsAsync(run, origin);
        await AnswersAsync(run, origin);
        await ViewersAsync(run, origin);
        await UnlocksAsync(run, origin);
        await OperatorsAsync(run);
    }

    private static async Task PreflightsAsync(StagingRun run, string origin)
    {
        await run.AskAsync(
            "preflight from the portal's origin", Preflight(run, origin), "2xx that allows it, with credentials",
            answer => answer.Status is 200 or 204 && answer.Header(Allow) == origin
                && answer.Header("Access-Control-Allow-Credentials") == "true" && Lists(answer, "Access-Control-Allow-Methods", "POST")
                && Lists(answer, "Access-Control-Allow-Headers", "Authorization")
                && Lists(answer, "Access-Control-Allow-Headers", "Content-Type"),
            Cors);
        foreach (var (what, other) in Strangers(origin))
        {
            await run.AskAsync(
                $"preflight from {what}", Preflight(run, other), $"no {Allow}",
                answer => answer.Status < 500 && answer.Header(Allow).Length == 0, Cors);
        }
    }

    /// <summary>Origins that a careless comparison takes for the portal's.</summary>
    private static IEnumerable<(string What, string Origin)> Strangers(string origin)
    {
        var (scheme, rest) = (origin.Split("://")[0], origin.Split("://")[1]);
        yield return ("another site", Elsewhere);
        yield return ("a sandboxed page (null)", "null");
        yield return ("a site whose name begins alike", $"{origin}.elsewhere.example");
        yield return ("the other scheme", $"{(scheme == "https" ? "http" : "https")}://{rest}");
    }

    private static async Task AnswersAsync(StagingRun run, string origin)
    {
        var signedIn = await run.AdminAsync(HttpMethod.Get, "/api/me");
        await run.AskAsync(
            "an answer to the portal's origin", From(signedIn, origin), "200, readable with its RateLimit headers",
            answer => answer.Status == 200 && answer.Header(Allow) == origin && Lists(answer, "Vary", "Origin")
                && Lists(answer, "Access-Control-Expose-Headers", "RateLimit-Remaining"), Cors);
        await run.AskAsync(
            "a refusal to the portal's origin", From(run.Anonymous(HttpMethod.Get, "/api/me"), origin), "401, readable",
            answer => answer.Status == 401 && answer.Header(Allow) == origin, Cors);
        await run.AskAsync(
            "a refusal to another site", From(run.Anonymous(HttpMethod.Get, "/api/me"), Elsewhere), $"401, no {Allow}",
            answer => answer.Status == 401 && answer.Header(Allow).Length == 0 && Lists(answer, "Vary", "Origin"), Cors);
        await run.AskAsync(
            "headers that bind browsers", run.Anonymous(HttpMethod.Get, "/api/me"), "nosniff, no-store, no-referrer, HSTS, no frames",
            answer => answer.Header("X-Content-Type-Options") == "nosniff" && Lists(answer, "Cache-Control", "no-store")
                && answer.Header("Referrer-Policy") == "no-referrer"
                && answer.Header("Strict-Transport-Security").Contains("max-age=", StringComparison.Ordinal) && IsUnframed(answer),
            answer => $"{answer.Told}, {answer.Header("Content-Security-Policy")}");
    }

    private static async Task ViewersAsync(StagingRun run, string origin)
    {
        var link = await run.ShareAsync();
        var path = $"/api/share/{link.Token}";
        await CookieAsync(
            run, "a guest opens without an origin", run.Anonymous(HttpMethod.Get, path), ViewerCookie, path, fromPortal: false);
        await CookieAsync(
            run, "a guest opens from another site", From(run.Anonymous(HttpMethod.Get, path), Elsewhere), ViewerCookie, path,
            fromPortal: false);
        var cookie = await CookieAsync(
            run, "a guest opens from the portal's origin", From(run.Anonymous(HttpMethod.Get, path), origin), ViewerCookie, path,
            fromPortal: true);
        var back = From(run.Anonymous(HttpMethod.Get, path), origin);
        back.Headers.Add("Cookie", $"{ViewerCookie}={cookie?.Value}");
        await run.AskAsync(
            "the guest comes back with the cookie", back, "200, known: no new cookie",
            answer => answer.Status == 200 && SetCookie.Of(answer, ViewerCookie) is null,
            answer => $"{answer.Told}, {(SetCookie.Of(answer, ViewerCookie) is null ? "no cookie" : "a new cookie")}");
    }

    private static async Task UnlocksAsync(StagingRun run, string origin)
    {
        var passphrase = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var link = await run.ShareAsync(passphrase);
        var path = $"/api/share/{link.Token}";
        await run.AskAsync(
            "a wrong passphrase",
            From(run.Anonymous(HttpMethod.Post, $"{path}/unlock", new { passphrase = "not the passphrase" }), origin),
            "403 wrong-passphrase, no cookie",
            answer => answer.Status == 403 && answer.Problem == "wrong-passphrase" && SetCookie.Of(answer, UnlockCookie) is null);
        var cookie = await CookieAsync(
            run, "the passphrase, from the portal's origin",
            From(run.Anonymous(HttpMethod.Post, $"{path}/unlock", new { passphrase }), origin), UnlockCookie, path,
            fromPortal: true);
        await run.AskAsync(
            "opening it without the cookie", run.Anonymous(HttpMethod.Get, path), "401 passphrase-required",
            answer => answer.Status == 401 && answer.Problem == "passphrase-required");
        var opened = From(run.Anonymous(HttpMethod.Get, path), origin);
        opened.Headers.Add("Cookie", $"{UnlockCookie}={cookie?.Value}");
        await run.AskAsync("opening it with the cookie", opened, "200", answer => answer.Status == 200);
    }

    /// <summary>The page of those on call: no other site frames it, and its cookies go to no other site's requests.</summary>
    private static Task<PortalAnswer> OperatorsAsync(StagingRun run) => run.AskAsync(
        "the page /ops/sign-in", run.Anonymous(HttpMethod.Get, "/ops/sign-in"), "200, cookies HttpOnly and SameSite=Strict, no frames",
        answer => answer.Status == 200 && IsUnframed(answer) && answer.Headers["Set-Cookie"].Any()
            && answer.Headers["Set-Cookie"].All(text => IsStrict(run, text)),
        answer => $"{answer.Told}, {string.Join(", ", answer.Headers["Set-Cookie"].Select(text => text.Split(';', 2)[^1].Trim()))}");

    private static bool IsUnframed(PortalAnswer answer) =>
        answer.Header("Content-Security-Policy").Contains("frame-ancestors 'none'", StringComparison.Ordinal);

    private static bool IsStrict(StagingRun run, string cookie)
    {
        var attributes = cookie.Split(';', StringSplitOptions.TrimEntries).Skip(1).Select(each => each.ToUpperInvariant()).ToList();
        return attributes.Contains("HTTPONLY") && attributes.Contains("SAMESITE=STRICT") && attributes.Contains("PATH=/OPS")
            && attributes.Contains("SECURE") == IsSecure(run);
    }

    private static async Task<SetCookie?> CookieAsync(
        StagingRun run, string asked, HttpRequestMessage request, string name, string path, bool fromPortal)
    {
        // A page of the portal is on another site than the API: its browser keeps the cookie for that site alone, which needs TLS.
        var other = fromPortal && IsSecure(run);
        var header = name == ViewerCookie ? "Portal-Viewer" : "Portal-Unlock";
        var origin = request.Headers.TryGetValues("Origin", out var origins) ? origins.Single() : null;
        string FaultsOf(PortalAnswer answer) => string.Join(", ", new[]
        {
            SetCookie.Of(answer, name)?.Faults(other ? "None" : "Lax", path, IsSecure(run), other) ?? "no cookie",
            (answer.Header(header).Length > 0) == fromPortal ? "" : $"{header} is {(fromPortal ? "missing" : "given to others")}",
            answer.Header(Allow) == (fromPortal ? origin : "") ? "" : $"{Allow} {answer.Header(Allow)}",
        }.Where(fault => fault.Length > 0));
        var expected = $"2xx, {name}: HttpOnly, {(IsSecure(run) ? "Secure, " : "")}SameSite={(other ? "None, Partitioned" : "Lax")}, this "
            + $"link's path alone; {header} {(fromPortal ? "for scripts" : "not given")}";
        var answer = await run.AskAsync(
            asked, request, expected, answer => answer.Status is 200 or 204 && FaultsOf(answer).Length == 0,
            answer => $"{answer.Told}, {(FaultsOf(answer) is { Length: > 0 } faults ? faults : "as expected")}");
        return SetCookie.Of(answer, name);
    }

    private static bool IsSecure(StagingRun run) => run.Arguments.Base.Scheme == Uri.UriSchemeHttps;

    private static HttpRequestMessage Preflight(StagingRun run, string origin)
    {
        var request = From(run.Anonymous(HttpMethod.Options, "/api/share-links"), origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization, content-type");
        return request;
    }

    private static HttpRequestMessage From(HttpRequestMessage request, string origin)
    {
        request.Headers.Add("Origin", origin);
        return request;
    }

    private static bool Lists(PortalAnswer answer, string header, string value) =>
        answer.Header(header).Split(',', StringSplitOptions.TrimEntries).Contains(value, StringComparer.OrdinalIgnoreCase);

    private static string Cors(PortalAnswer answer) =>
        $"{answer.Told}, {(answer.Header(Allow) is { Length: > 0 } allowed ? $"allows {allowed}" : "allows no origin")}";
}
