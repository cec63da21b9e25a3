using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Contract;

/// <summary>Somebody who knocks: how they come, and what the table says of them.</summary>
/// <param name="Expected">What the door must answer: null = lets in.</param>
internal sealed record Knock(string Column, string? As, string? Authorization, Func<ApiOperation, PermissionsRow, Reach, int?> Expected);

/// <summary>
/// The permissions table and who else there is (a guest, another tenant, somebody deactivated, …) as requests through the front door.
/// What must come is worked out of the page, the function's action and whose thing its sample names.
/// </summary>
internal sealed class PermissionMatrix(ContractPortal portal)
{
    private static readonly string[] DoorSlugs = ["forbidden", "no-tenant", "not-enrolled", "deactivated", "no-organization"];
    private readonly Dictionary<string, ApiAsk> asks = [];

    /// <summary>
    /// The app under test hands its stores another tenant's id than the session's: what is written is refused by the database (a 5xx,
    /// which no caller can bring about), and what is nobody's in particular shows nothing.
    /// </summary>
    public bool StoresAreMisled { get; init; }

    /// <summary>Makes everything that requests name, now.</summary>
    public async Task PrepareAsync()
    {
        foreach (var operation in ApiOperation.All)
        {
            asks[operation.Name] = await ApiSamples.Of(operation).Make(portal.World);
        }
    }

    /// <summary>Refusals first: who is let in may change the thing.</summary>
    public async Task<IReadOnlyList<Knock>> KnocksAsync()
    {
        var guest = (await portal.World.NewLinkAsync()).Text("token");
        var expired = (
            await portal.Portal.Clerk.SignInAsync(
                "admin", new() { IssuedAt = portal.Portal.Clock.GetUtcNow().AddMinutes(-5), Lifetime = TimeSpan.FromMinutes(4) })).Jwt;
        return
        [
            new("no session", null, null, (_, row, _) => row.Allowed["no session"] ? null : 401),
            new("guest", null, $"Bearer {guest}", (_, row, _) => row.Allowed["no session"] ? null : 401),
            new("expired", null, $"Bearer {expired}", (_, row, _) => row.Allowed["no session"] ? null : 401),
            // Who sets a portal up has no role in it yet: any session in an organization may ask, and is told what it lacks.
            new(
                "deactivated", "deactivated", null, (operation, row, _) =>
                    row.Allowed["no session"] || operation.IsForUnprovisionedUsers ? null : 403),
            OtherTenant,
            Unassigned("agency"),
            Unassigned("client"),
            new("Operator", "operator", null, (_, row, _) => row.Allowed["Operator"] || row.Allowed["no session"] ? null : 403),
            .. new[] { "compliance", "client", "agency", "admin" }.Select(
                role => new Knock(role, role, null, (operation, row, _) => Role(operation, row, role))),
        ];
    }

    public static Knock OtherTenant { get; } = new(
        "other tenant", "other-admin", null, (operation, row, reach) =>
            Role(operation, row, "admin") ?? (Anybody(row) || reach == Reach.Nothing ? null : 404));

    public static Knock Unassigned(string role) => new(
        $"unassigned {role}", $"unassigned-{role}", null,
        (operation, row, reach) => Role(operation, row, role) ?? (Anybody(row) || reach is Reach.Nothing or Reach.Tenant ? null : 404));

    /// <summary>One cell: all verbs of the function as that caller. Answers what is wrong.</summary>
    public async Task<IReadOnlyList<string>> TryAsync(ApiOperation operation, PermissionsRow row, Knock knock)
    {
        var sample = ApiSamples.Of(operation);
        if (!asks.TryGetValue(operation.Name, out var ask))
        {
            asks[operation.Name] = ask = await sample.Make(portal.World);
        }

        var expected = knock.Expected(operation, row, sample.Reach);
        var faults = new List<string>();
        foreach (var verb in operation.Verbs.OrderByDescending(v => v))
        {
            // A version that is never right: who is let in is told so (412), and the thing stays as it is.
            var request = operation.Request(verb, ask, "\"999999.x\"") with { As = knock.As, Authorization = knock.Authorization };
            request = knock == OtherTenant ? request.InOwnWords() : request;
            var (answer, undocumented) = await portal.TryAsync(operation, request, ask.TakesTime && expected is null);
            faults.AddRange(StoresAreMisled ? [] : undocumented);
            var misled = StoresAreMisled && !operation.IsAnonymous && (verb is not ("GET" or "HEAD") || expected is null)
                && answer.Status is not (200 or 201 or 202 or 204 or 403);
            if (!misled && !(StoresAreMisled && sample.Reach == Reach.Nothing)
                && Wrong(expected, answer, verb, ask, sample.Reach) is { } wrong)
            {
                faults.Add($"{operation.Name} × {knock.Column}: {wrong}\n    {request}\n    → {answer}");
            }

            if (knock == OtherTenant && !operation.IsForGuests && answer.Body.Contains(SampleWorld.Marker, StringComparison.Ordinal))
            {
                faults.Add($"{operation.Name} × {knock.Column}: shows what is another tenant's\n    {request}\n    → {answer}");
            }
        }

        return faults;
    }

    private static string? Wrong(int? expected, ApiAnswer answer, string verb, ApiAsk ask, Reach reach)
    {
        if (answer.Status >= 500)
        {
            return $"{answer.Status}";
        }

        return expected switch
        {
            // Not to be seen: where the body names it, a field that names nothing is as good.
            404 when ask.Path.Count == 0 =>
                answer.Status == 404 || answer is { Status: 400, Problem: "invalid-request" } or { Status: 409, Problem: "bulk-refused" }
                    ? null
                    : $"expected 404, got {answer.Status}",
            403 =>
                answer.Status == 403 && (verb == "HEAD" || DoorSlugs.Contains(answer.Problem))
                    ? null
                    : $"expected 403 of the door, got {answer.Status} {answer.Problem}",
            { } status => answer.Status == status ? null : $"expected {status}, got {answer.Status}",
            null when answer.Status == 401 || DoorSlugs.Contains(answer.Problem) || (verb == "HEAD" && answer.Status == 403) =>
                $"expected to be let in, got {answer.Status} {answer.Problem}",
            null when answer.Status == 404 && reach != Reach.Person && ask.As is null => "expected to be let in, got 404",
            _ => null,
        };
    }

    private static bool Anybody(PermissionsRow row) => row.Allowed["no session"];

    /// <summary>Null: the role may.</summary>
    private static int? Role(ApiOperation operation, PermissionsRow row, string role) =>
        row.Allowed[role] || Anybody(row) || operation.IsForUnprovisionedUsers ? null : 403;
}
