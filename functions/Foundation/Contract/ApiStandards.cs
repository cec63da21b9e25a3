using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Foundation.Outages;

namespace Portal.Functions.Foundation.Contract;

/// <summary>What is alike for all operations: the problem schema, headers, how callers prove themselves.</summary>
internal static partial class ApiStandards
{
    /// <summary>Component name → header name.</summary>
    public static IReadOnlyDictionary<string, string> HeaderNames { get; } = new Dictionary<string, string>
    {
        ["ETag"] = "ETag",
        ["IdempotencyReplayed"] = "Idempotency-Replayed",
        ["Location"] = "Location",
        ["RateLimitLimit"] = "RateLimit-Limit",
        ["RateLimitRemaining"] = "RateLimit-Remaining",
        ["RateLimitReset"] = "RateLimit-Reset",
        ["RequestId"] = "x-request-id",
        ["RetryAfter"] = "Retry-After",
        ["WwwAuthenticate"] = "WWW-Authenticate",
    };

    public static IReadOnlyList<string> LimitHeaders { get; } = ["RateLimitLimit", "RateLimitRemaining", "RateLimitReset"];

    public static JsonObject Info() => new()
    {
        ["title"] = "Motion Mavericks portal",
        ["version"] = "1.0",
        ["summary"] = "Upload videos, review them, and share them with guests under control.",
        ["description"] = """
            JSON in camelCase. Ids are UUIDs, times RFC 3339 with an offset. Strings are trimmed and normalised (NFC) before their length
            counts; control characters are refused, and so are unknown fields.

            **Signing in.** A Clerk session token as `Authorization: Bearer`; its organization picks the tenant, and the role comes
            from the
            portal. What is not yours to see is 404, what your role may not do is 403.

            **Changing things.** PATCH is a JSON merge patch (RFC 7396): what is left out stays, null removes. PATCH
            and DELETE of what several
            people change need `If-Match` with the ETag you read: 428 without, 412
            when somebody was faster; `*` overwrites whatever there is. A POST with an `Idempotency-Key` may be
            sent again for 24 hours and answers as it did the first time.

            **Lists** come in pages: send `nextCursor` back as `cursor` until it is null.

            **Refusals** are problem details (RFC 9457). `type` is stable, `errors` names every broken rule at once by JSON Pointer,
            `requestId` is what
            to quote to us. Guests have a share token in the path and nothing else; vendors sign the raw body.
            """,
        ["license"] = new JsonObject { ["name"] = "All rights reserved", ["identifier"] = "LicenseRef-Proprietary" },
    };

    public static JsonObject Problem(JsonObject fieldError) => new()
    {
        ["type"] = "object",
        ["description"] = "Problem details (RFC 9457).",
        ["properties"] = new JsonObject
        {
            ["type"] = ApiSchemas.Ref("ProblemType"),
            ["title"] = new JsonObject { ["type"] = "string" },
            ["status"] = new JsonObject { ["type"] = "integer", ["minimum"] = 400, ["maximum"] = 599 },
            ["detail"] = new JsonObject { ["type"] = "string", ["description"] = "A sentence for people." },
            ["feature"] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = "Of what is switched off: its name.",
                ["enum"] = new JsonArray([.. Feature.All.Select(feature => (JsonNode)feature)]),
            },
            ["requestId"] = new JsonObject { ["type"] = "string", ["description"] = "What to quote to support; also in x-request-id." },
            ["errors"] = new JsonObject { ["type"] = "array", ["items"] = fieldError, ["description"] = "Every broken rule." },
        },
        ["required"] = new JsonArray("type", "title", "status"),
    };

    /// <summary>All there are, so that a client's compiler knows a misspelt one.</summary>
    public static JsonObject ProblemTypes(IEnumerable<string> slugs) => new()
    {
        ["type"] = "string",
        ["description"] = "Stable: what to branch on.",
        ["enum"] = new JsonArray([.. slugs.Select(slug => (JsonNode)$"/problems/{slug}")]),
    };

    public static JsonObject Headers() => new()
    {
        ["ETag"] = Header("The version of what was read: If-Match of a change, If-None-Match of the next read."),
        ["IdempotencyReplayed"] = Header("true: this is the answer that the first request with this key got."),
        ["Location"] = Header("Where what was made is read."),
        ["RateLimitLimit"] = Header("Requests in a window.", "integer"),
        ["RateLimitRemaining"] = Header("Requests left in it.", "integer"),
        ["RateLimitReset"] = Header("Seconds until it starts anew.", "integer"),
        ["RequestId"] = Header("The id of this request in our logs: the trace id of traceparent, if one was sent."),
        ["RetryAfter"] = Header("Seconds to wait.", "integer"),
        ["WwwAuthenticate"] = Header("Bearer."),
    };

    /// <summary>Those headers of requests that an operation takes.</summary>
    public static JsonObject Parameters(IReadOnlyList<ApiOperation> operations)
    {
        var parameters = AllParameters();
        foreach (var unused in new[] { ("IfMatch", operations.Any(o => o.About.NeedsMatch)),
            ("IdempotencyKey", operations.Any(o => o.About.TakesKey)) }.Where(p => !p.Item2))
        {
            parameters.Remove(unused.Item1);
        }

        return parameters;
    }

    private static JsonObject AllParameters() => new()
    {
        ["IfMatch"] = Parameter(
            "If-Match", true, "The ETag of the version that you change; its version alone, `\"3\"`, is enough. `*`: whichever it has.",
            "\"3.kCrQ1b1TzUk5\""),
        ["IfNoneMatch"] = Parameter("If-None-Match", false, "An ETag that you have: 304 when it is still right.", "\"3.kCrQ1b1TzUk5\""),
        ["IdempotencyKey"] = Parameter(
            "Idempotency-Key", false, "1 to 255 visible ASCII characters of your choosing, for example a UUID.",
            "6f0c1b0e-8a53-4a3b-9c0f-3b7f6f3c2d11"),
    };

    public static JsonObject SecuritySchemes(IEnumerable<ApiOperation> operations)
    {
        var schemes = new JsonObject
        {
            ["session"] = new JsonObject
            {
                ["type"] = "http",
                ["scheme"] = "bearer",
                ["bearerFormat"] = "JWT",
                ["description"] = "A Clerk session token (RS256, a minute long: ask Clerk for a fresh one per request).",
            },
            ["viewer"] = new JsonObject
            {
                ["type"] = "apiKey",
                ["in"] = "cookie",
                ["name"] = "portal_viewer",
                ["description"] = "Set by the first open of a share link. Beside the share token in the path it makes a guest the same "
                    + "guest again.",
            },
        };
        foreach (var header in operations.Select(o => o.About.SignedBy).OfType<string>().Distinct())
        {
            schemes[header] = new JsonObject
            {
                ["type"] = "apiKey",
                ["in"] = "header",
                ["name"] = header,
                ["description"] = "The vendor's signature over the raw body, with a secret that only they and we have.",
            };
        }

        return schemes;
    }

    public static JsonObject PathParameter(PathParameter parameter)
    {
        var schema = new JsonObject { ["type"] = "string" };
        foreach (var constraint in parameter.Constraints)
        {
            Constrain(schema, constraint);
        }

        return new JsonObject
        {
            ["name"] = parameter.Name,
            ["in"] = "path",
            ["required"] = true,
            ["description"] = parameter.Description,
            ["schema"] = schema,
        };
    }

    private static void Constrain(JsonObject schema, string constraint)
    {
        var match = Call().Match(constraint);
        var numbers = match.Groups[2].Value.Split(',', StringSplitOptions.RemoveEmptyEntries);
        switch (match.Groups[1].Value)
        {
            case "guid":
                schema["format"] = "uuid";
                break;
            case "int" or "long":
                schema["type"] = "integer";
                break;
            case "min":
                schema["minimum"] = Number(numbers[0]);
                break;
            case "max":
                schema["maximum"] = Number(numbers[0]);
                break;
            case "minlength":
                schema["minLength"] = Number(numbers[0]);
                break;
            case "maxlength":
                schema["maxLength"] = Number(numbers[0]);
                break;
            case "length":
                schema["minLength"] = Number(numbers[0]);
                schema["maxLength"] = Number(numbers[^1]);
                break;
            case "alpha":
                schema["pattern"] = "^[A-Za-z]*$";
                break;
            case "regex":
                schema["pattern"] = match.Groups[2].Value;
                break;
            default:
                throw new InvalidOperationException($"The route constraint {constraint} has no JSON Schema here yet.");
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static JsonObject Header(string description, string type = "string") =>
        new() { ["description"] = description, ["schema"] = new JsonObject { ["type"] = type } };

    private static JsonObject Parameter(string name, bool required, string description, string example) => new()
    {
        ["name"] = name,
        ["in"] = "header",
        ["required"] = required,
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = "string" },
        ["example"] = example,
    };

    [GeneratedRegex(@"^(\w+)(?:\((.*)\))?$")]
    private static partial Regex Call();
}
