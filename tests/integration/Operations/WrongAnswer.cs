using System.Globalization;
using System.Text.Json.Nodes;

namespace Portal.Tests.Integration.Operations;

/// <summary>What becomes of an answer; the number says which time it is that this is asked.</summary>
internal delegate RecordedAnswer AnswerChange(RecordedRun run, int time, RecordedAnswer answer);

/// <summary>An answer as a portal gives it in which something is broken, and the line of the report that must say so.</summary>
internal sealed record WrongAnswer(string Check, string Asked, string How, AnswerChange Change, string Line)
{
    private const string Allow = "Access-Control-Allow-Origin";
    private const string Cookie = "Set-Cookie";
    private const string Problem = """{"type":"/problems/too-many-requests"}""";

    public static IReadOnlyList<WrongAnswer> All { get; } =
    [
        .. CorsRows(), .. CookieRows(), .. AuditRows(), .. WebhookRows(), .. PlaybackRows(), .. RevocationRows(), .. LimitRows(),
    ];

    public override string ToString() => $"{Check}: {Asked}: {How}";

    public static AnswerChange As(int status, string? body = null) =>
        (_, _, answer) => answer with { Status = status, Body = body ?? answer.Body };

    private static AnswerChange Body(Func<string, string> change) => (_, _, answer) => answer with { Body = change(answer.Body) };

    private static AnswerChange Field(string name, Func<string, JsonNode?> change) => Body(text =>
    {
        var json = JsonNode.Parse(text)!;
        json[name] = change(json[name]?.ToString() ?? "");
        return json.ToJsonString();
    });

    private static AnswerChange Without(string header) => (_, _, answer) => answer.Without(header);

    private static AnswerChange With(string header, string value) => (_, _, answer) => answer.With(header, value);

    private static AnswerChange InCookie(string text, string other) => (_, _, answer) => answer.With(
        Cookie, answer.Headers.Single(each => each.Name == Cookie).Value.Replace(text, other, StringComparison.OrdinalIgnoreCase));

    private static AnswerChange InBody(string text, string other) => Body(body => body.Replace(text, other, StringComparison.Ordinal));

    /// <summary>Only the third of many answers.</summary>
    private static AnswerChange Third(int status) => (_, at, answer) => at == 2 ? answer with { Status = status } : answer;

    private static Func<string, JsonNode?> Later(TimeSpan by) =>
        text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).Add(by).ToString("O");

    private static IEnumerable<WrongAnswer> Of(
        string check, string asked, params (string How, AnswerChange Change)[] wrong) =>
        wrong.Select(each => new WrongAnswer(check, asked, each.How, each.Change, asked));

    private static IEnumerable<WrongAnswer> Each(
        string check, IEnumerable<string> asked, params (string How, AnswerChange Change)[] wrong) =>
        asked.SelectMany(each => Of(check, each, wrong));

    private static IEnumerable<WrongAnswer> CorsRows() =>
    [
        .. Of(
            "cors-cookies", "preflight from the portal's origin", ("not allowed", Without(Allow)), ("any origin", With(Allow, "*")),
            ("no credentials", Without("Access-Control-Allow-Credentials")), ("no POST", With("Access-Control-Allow-Methods", "GET")),
            ("no Authorization", With("Access-Control-Allow-Headers", "Content-Type")), ("an error", As(500))),
        .. Of("cors-cookies", "preflight from another site", ("allowed", With(Allow, "https://elsewhere.example"))),
        .. Of("cors-cookies", "preflight from a sandboxed page (null)", ("allowed", With(Allow, "null"))),
        .. Of(
            "cors-cookies", "preflight from a site whose name begins alike",
            ("allowed", With(Allow, "http://localhost:3000.elsewhere.example"))),
        .. Of("cors-cookies", "preflight from the other scheme", ("allowed", With(Allow, "*"))),
        .. Of(
            "cors-cookies", "an answer to the portal's origin", ("not readable", Without(Allow)), ("kept for all", Without("Vary")),
            ("headers hidden", Without("Access-Control-Expose-Headers"))),
        .. Of("cors-cookies", "a refusal to the portal's origin", ("not readable", Without(Allow)), ("let in", As(200))),
        .. Of("cors-cookies", "a refusal to another site", ("readable", With(Allow, "*")), ("kept for all", Without("Vary"))),
        .. Of(
            "cors-cookies", "headers that bind browsers", ("sniffed", Without("X-Content-Type-Options")),
            ("stored", Without("Cache-Control")), ("referrers", Without("Referrer-Policy")),
            ("no HSTS", Without("Strict-Transport-Security")),
            ("framed", With("Content-Security-Policy", "default-src 'none'"))),
    ];

    private static IEnumerable<WrongAnswer> CookieRows() =>
    [
        .. Of(
            "cors-cookies", "a guest opens without an origin", ("for scripts", InCookie("; httponly", "")),
            ("without TLS", InCookie("; secure", "")), ("to other sites", InCookie("=lax", "=none")),
            ("everywhere", InCookie("path=/api/share/", "path=/?")),
            ("for a domain", InCookie("; path", "; domain=staging.example; path")),
            ("for a year", InCookie("max-age=", "max-age=99")),
            ("none", Without(Cookie)), ("for scripts, as a header", With("Portal-Viewer", "key"))),
        .. Of(
            "cors-cookies", "a guest opens from another site", ("readable", With(Allow, "*")),
            ("a header", With("Portal-Viewer", "key"))),
        .. Of(
            "cors-cookies", "a guest opens from the portal's origin", ("no header", Without("Portal-Viewer")),
            ("lax", InCookie("=none", "=lax")),
            ("for all sites", InCookie("; partitioned", ""))),
        .. Of(
            "cors-cookies", "the guest comes back with the cookie", ("a new one", With(Cookie, "portal_viewer=x")),
            ("refused", As(403))),
        .. Of("cors-cookies", "a wrong passphrase", ("taken", As(204, "")), ("a cookie", With(Cookie, "portal_unlock=x"))),
        .. Of("cors-cookies", "the passphrase, from the portal's origin", ("no cookie", Without(Cookie)), ("refused", As(403))),
        .. Of("cors-cookies", "opening it without the cookie", ("opened", As(200))),
        .. Of("cors-cookies", "opening it with the cookie", ("not opened", As(401))),
        .. Of(
            "cors-cookies", "the page /ops/sign-in", ("framed", Without("Content-Security-Policy")), ("lax", InCookie("=strict", "=lax")),
            ("for scripts", InCookie("; httponly", "")), ("everywhere", InCookie("path=/ops", "path=/")),
            ("without TLS", InCookie("; secure", ""))),
    ];

    private static IEnumerable<WrongAnswer> AuditRows() =>
    [
        .. Of("audit", "the log without a session", ("given", As(200))),
        .. Of("audit", "the portal's own check", ("it does not hold", Field("holds", _ => false)), ("not made", As(503))),
        .. Of(
            "audit", "an export of all", ("refused", As(403)),
            ("a value altered", InBody("\"action\":\"project_created\"", "\"action\":\"project_moved\"")),
            ("a row removed", Lines(lines => lines.RemoveAt(2))), ("rows swapped", Lines(lines => lines.Reverse(2, 2))),
            ("a row added", Lines(lines => lines.Insert(3, lines[2]))),
            ("the end cut off", Lines(lines => lines.RemoveAt(lines.Count - 1))),
            ("the first seal gone", Lines(lines => lines.RemoveRange(1, lines.FindIndex(2, IsSealOrTail) - 1))),
            ("a key of somebody", InBody("\"keyId\":\"a1\"", "\"keyId\":\"a2\"")),
            ("sealed at another time", InBody("\"sealedAt\":\"2026-", "\"sealedAt\":\"2025-")),
            ("another tenant's", InBody("11111111-1111-7111", "22222222-2222-7222")),
            ("another end", InBody("\"exportedAt\":\"2026-", "\"exportedAt\":\"2025-")),
            ("no export", As(200, "hello"))),
        .. Of("audit", "the row of that export", ("none", As(200, """{"items":[]}"""))),
        .. Of(
            "audit", "that row under a seal", ("never", (run, _, _) => run.Answers["an export of all"][0]), ("refused", As(500)),
            ("altered", InBody("\"actorKind\":\"user\"", "\"actorKind\":\"system\""))),
    ];

    private static IEnumerable<WrongAnswer> WebhookRows() =>
    [
        .. Each(
            "webhook-replay",
            [
                "an event, signed", "the same again, with the same signature", "the same again, signed anew",
                "an event signed 290 s ago", "an event signed 290 s ahead",
            ],
            ("refused", As(401))),
        .. Each(
            "webhook-replay",
            [
                "an event without a signature", "an event signed with another secret", "an event that was changed after it was signed",
                "an event signed 310 s ago", "an event signed 310 s ahead",
            ],
            ("taken", As(200, "")), ("for another reason", As(401, """{"type":"/problems/unauthenticated"}"""))),
        .. Of(
            "webhook-replay", "the inbox after it", ("not there", As(200, """{"items":[]}""")),
            ("dead", Items(items => items[0]!["status"] = "dead"))),
        .. Of(
            "webhook-replay", "the inbox after three times", ("twice", Items(items => items.Add(items[0]!.DeepClone()))),
            ("handled again", Items(items => items[0]!["attempts"] = 7))),
        .. Of("webhook-replay", "the inbox after those", ("one of them", Items(items => items[0]!["eventId"] = BadIdOf(items[0]!)))),
    ];

    /// <summary>What the changed event of the same run is called.</summary>
    private static string BadIdOf(JsonNode item)
    {
        var id = item["eventId"]!.ToString();
        return $"{id[..id.LastIndexOf('-')]}-badx";
    }

    private static IEnumerable<WrongAnswer> PlaybackRows() =>
    [
        .. Of(
            "playback-expiry", "ask for playback", ("for an hour", Field("urlExpiresAt", Later(TimeSpan.FromHours(1)))),
            ("refused", As(403))),
        new(
            "playback-expiry", "ask for playback", "another end", Field("urlExpiresAt", Later(TimeSpan.FromSeconds(-60))),
            "the token's own end (exp)"),
        .. Of("playback-expiry", "the stream with its token", ("refused", As(403)), ("no playlist", As(200, "hello"))),
        .. Each(
            "playback-expiry",
            ["a segment with its token", "the stream 10 s before the end", "the stream with the new token", "ask for playback again"],
            ("refused", As(403))),
        .. Each(
            "playback-expiry",
            [
                "the stream without a token", "the stream with another signature", "the stream with an end moved by a day",
                "a segment without a token", "the stream with the poster's token", "the stream 10 s after the end",
                "a segment 10 s after the end",
            ],
            ("played", As(200)), ("a server that is down", As(503))),
        .. Of("playback-expiry", "ask for playback again", ("the old one", (run, _, _) => run.Answers["ask for playback"][0])),
    ];

    private static IEnumerable<WrongAnswer> RevocationRows() =>
    [
        .. Each(
            "revocation",
            [
                "a guest opens", "a guest plays", "a guest of a second link opens", "a guest of a second link plays",
                "a guest of a third link, after that opens", "a guest of a third link, after that plays",
            ],
            ("refused", As(403))),
        .. Each("revocation", ["revoke", "hard revoke"], ("still active", Field("status", _ => "active")), ("refused", As(403))),
        .. Each(
            "revocation", ["the guest comes back at once", "the guest comes back after a hard revoke"], ("played", As(200)),
            ("told why", As(403, """{"type":"/problems/not-addressed"}"""))),
        .. Of("revocation", "the link's page", ("there", As(200))),
        .. Each(
            "revocation", ["the stream after revoking", "the stream after a hard revoke"], ("plays on", As(200)),
            ("a server that is down", As(503))),
        new(
            "revocation", "a guest of a third link, after that opens", "the old playback ID",
            (run, _, _) => run.Answers["a guest of a second link opens"][0], "the playback ID after a hard revoke"),
    ];

    private static IEnumerable<WrongAnswer> LimitRows() =>
    [
        .. Of(
            "rate-limits", "what is left of a person's own limit", ("not told", Without("RateLimit-Remaining")),
            ("all of it", With("RateLimit-Remaining", "600")), ("no end", With("RateLimit-Reset", "61"))),
        .. Of("rate-limits", "100 requests of a link within a minute", ("one refused", Third(429)), ("one failed", Third(500))),
        .. Of(
            "rate-limits", "one more", ("let in", As(200)), ("no Retry-After", Without("Retry-After")),
            ("too long", With("Retry-After", "61")),
            ("at once", With("Retry-After", "0")), ("without a reason", As(429, "")), ("full", As(503, Problem))),
        .. Of("rate-limits", "one more that claims another address", ("let in", As(200))),
        .. Of("rate-limits", "one after Retry-After", ("still refused", As(429))),
        .. Of(
            "rate-limits", "20 made-up sessions within a minute, each from an address it claims", ("one let in", Third(200)),
            ("one refused too soon", Third(429))),
        .. Of("rate-limits", "one more made-up session", ("as the others", As(401)), ("no Retry-After", Without("Retry-After"))),
        .. Of("rate-limits", "a good session from the same address", ("refused too", As(429, Problem))),
    ];

    private static bool IsSealOrTail(string line) =>
        line.StartsWith("""{"type":"seal",""", StringComparison.Ordinal) || line.StartsWith("""{"type":"unsealed""", StringComparison.Ordinal);

    private static AnswerChange Lines(Action<List<string>> change) => Body(text =>
    {
        var lines = text.TrimEnd('\n').Split('\n').ToList();
        change(lines);
        return string.Join('\n', lines) + "\n";
    });

    private static AnswerChange Items(Action<JsonArray> change) => Body(text =>
    {
        var json = JsonNode.Parse(text)!;
        change(json["items"]!.AsArray());
        return json.ToJsonString();
    });
}
