using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Contract;

/// <summary>
/// Drives every operation of the OpenAPI document: success, and each refusal that can be provoked without knowing what the operation
/// is about. An answer with a status, problem type, header or field that is not documented fails, and so does a missing one.
/// </summary>
[TakesLong]
public sealed class ConformanceTests(ContractPortal portal) : IClassFixture<ContractPortal>
{
    private readonly List<string> faults = [];

    public static TheoryData<string> Operations => [.. ApiOperation.All.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_answers_as_documented(string name)
    {
        var operation = ApiOperation.All.Single(o => o.Name == name);
        foreach (var verb in operation.Verbs)
        {
            await SuccessAsync(operation, verb);
            await RefusalsAsync(operation, verb);
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private async Task SuccessAsync(ApiOperation operation, string verb)
    {
        var (request, ask) = await GoodAsync(operation, verb);
        var answer = await ExpectAsync(operation, request, "a good request", ask.TakesTime, Good(operation));
        if (verb is "GET" or "HEAD" && operation.IsTagged && answer.Headers.TryGetValue("etag", out var tag))
        {
            await ExpectAsync(operation, With(request, "If-None-Match", tag), "what is known already", false, 304);
        }

        if (!operation.About.TakesKey)
        {
            return;
        }

        (request, ask) = await GoodAsync(operation, verb);
        var keyed = With(request, "Idempotency-Key", Guid.NewGuid().ToString());
        var first = await ExpectAsync(operation, keyed, "a key", ask.TakesTime, Good(operation));
        var again = await ExpectAsync(operation, keyed, "the same key again", ask.TakesTime, Good(operation));
        if (again.Headers.GetValueOrDefault("idempotency-replayed") != "true" || first.Headers.ContainsKey("idempotency-replayed"))
        {
            faults.Add(
                $"{operation.Name}: the second request with a key must say that it is a repetition, and only that one\n    {again}");
        }

        if (operation.Parameters.Count == 0 && keyed.Body is null)
        {
            // There is only one such request.
            return;
        }

        // Another request: to another thing, or with a body that differs by a space.
        var other = keyed.Body is { } body
            ? keyed with { Body = (byte[])[.. body.Span, (byte)' '] }
            : keyed with
            {
                Path = operation.PathWith(ask with { Path = operation.Parameters.ToDictionary(p => p.Name, Another) }) + ask.Query,
            };
        await ExpectAsync(operation, other, "the key of another request", false, 422);
    }

    private async Task RefusalsAsync(ApiOperation operation, string verb)
    {
        var (request, ask) = await GoodAsync(operation, verb);
        if (!operation.IsAnonymous)
        {
            await ExpectAsync(operation, request with { As = null }, "no session", false, 401);
            await ExpectAsync(operation, request with { As = null, Authorization = "Bearer a.b.c" }, "no real session", false, 401);
            await ExpectAsync(
                operation, request with { As = "deactivated" }, "somebody deactivated", false, operation.IsForUnprovisionedUsers
                    ? 409
                    : 403);
            foreach (var role in operation.Roles.Count == 0 ? [] : ApiAsking.AllRoles.Except(operation.Roles))
            {
                await ExpectAsync(operation, request with { As = role }, role, false, 403);
            }
        }

        foreach (var parameter in operation.Parameters)
        {
            var nowhere = new Dictionary<string, string>(ask.Path) { [parameter.Name] = Another(parameter) };
            await ExpectAsync(operation, request with
            {
                Path = operation.PathWith(ask with { Path = nowhere }) + ask.Query,
            }, $"another {parameter.Name}", false,
                operation.IsLink && verb == "DELETE" && parameter != operation.Parameters[0] ? [404, .. Good(operation)] : [404]);
        }

        if (operation.About.RawBody is null)
        {
            await ExpectAsync(operation, With(request, "Accept", "application/nothing"), "a media type that is not there", false, 406);
        }

        if (operation.About.Query is not null)
        {
            await ExpectAsync(
                operation, request with { Path = operation.PathWith(ask) + "?nonsense=1" }, "a query parameter that is not there", false,
                400);
        }

        if (operation.About.NeedsMatch)
        {
            await ExpectAsync(operation, request with { Headers = ask.Headers }, "no version", false, 428);
            await ExpectAsync(operation, With(request, "If-Match", "\"999999.x\""), "another version", false, 412);
            await ExpectAsync(operation, With(request, "If-Match", "nonsense"), "no ETag", false, 400);
        }

        if (operation.ReadsBody)
        {
            await BodiesAsync(operation, request);
        }

        if (operation.About.SignedBy is { } header)
        {
            await ExpectAsync(operation, With(request, header, "nonsense"), "a signature that is none", false, 401);
            await ExpectAsync(operation, request with { Body = new byte[2_000_000] }, "two megabytes", false, 413);
        }
    }

    private async Task BodiesAsync(ApiOperation operation, ApiRequest request)
    {
        await ExpectAsync(operation, request with { Body = "{\"nonsense\":1}"u8.ToArray() }, "a field that is not there", false, 400);
        await ExpectAsync(operation, request with { Body = "[]"u8.ToArray() }, "a list", false, 400);
        await ExpectAsync(operation, request with { Body = "{"u8.ToArray() }, "half a body", false, 400);
        await ExpectAsync(operation, request with { Body = new byte[70_000] }, "70 000 bytes", false, 413);
        await ExpectAsync(
            operation, request with { Body = "a=b"u8.ToArray(), MediaType = "application/x-www-form-urlencoded" }, "a form", false, 415);
        if (operation.About.TakesKey)
        {
            await ExpectAsync(operation, With(request, "Idempotency-Key", new string('k', 256)), "a key that is too long", false, 400);
        }
    }

    private async Task<(ApiRequest Request, ApiAsk Ask)> GoodAsync(ApiOperation operation, string verb)
    {
        await portal.World.ForgetLimitsAsync();
        var ask = await ApiSamples.Of(operation).Make(portal.World);
        return (operation.Request(verb, ask, operation.About.NeedsMatch ? await VersionAsync(operation, ask) : null), ask);
    }

    /// <summary>The version of what the request names, as its GET tells it.</summary>
    private async Task<string> VersionAsync(ApiOperation operation, ApiAsk ask)
    {
        var read = ApiOperation.All.FirstOrDefault(o => o.Path == operation.Path && o.Reads);
        return read is not null
            && (
                await portal.World.SendAsync(
                    new("GET", operation.PathWith(ask)) { As = operation.Caller(ask) })).Headers.TryGetValue("etag", out var tag)
                ? tag
                : "\"1\"";
    }

    private static string Another(PathParameter parameter) =>
        parameter.Constraints.Any(c => c is "int" or "long") ? "999999" : Guid.NewGuid().ToString();

    private static int[] Good(ApiOperation operation) =>
        operation.About.AlsoStatus == 0 ? [operation.About.Status] : [operation.About.Status, operation.About.AlsoStatus];

    private static ApiRequest With(ApiRequest request, string header, string value) =>
        request with { Headers = new Dictionary<string, string>(request.Headers) { [header] = value } };

    private async Task<ApiAnswer> ExpectAsync(
        ApiOperation operation, ApiRequest request, string what, bool takesTime, params int[] expected)
    {
        var (answer, undocumented) = await portal.TryAsync(operation, request, takesTime);
        faults.AddRange(undocumented);
        if (!expected.Contains(answer.Status))
        {
            faults.Add($"{operation.Name}: {what} is {answer.Status}, not {string.Join(" or ", expected)}\n    {request}\n    → {answer}");
        }

        return answer;
    }
}
