using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Contract;
using Xunit.Sdk;

namespace Portal.Tests.Support.Contract;

/// <summary>What a run of the fuzzer found.</summary>
public sealed record FuzzResult(int Sent, IReadOnlyDictionary<int, int> Statuses, IReadOnlyList<string> Violations);

/// <summary>
/// Sends spoilt requests for every operation of the document, as everybody there is. No answer may be a 5xx, tell of the inside, show
/// another tenant's rows, or be undocumented. The same seed sends the same requests to the same world.
/// </summary>
public sealed partial class FuzzRun(SampleWorld world, int seed)
{
    private const int HealEvery = 200;
    private const int MostViolations = 25;

    private static readonly string?[] People = [
        "admin", "agency", "client", "compliance", "other-admin", "other-admin", "operator", "unassigned-agency", "deactivated", null
    ];
    private static readonly HashSet<string?> OfTheTenant = ["admin", "agency", "client", "compliance", "unassigned-agency"];

    // Answers of the server below the app: no function was reached, and there is no body.
    private static readonly int[] Bare = [400, 401, 404, 405, 408, 411, 413, 414, 415, 417, 431, 501, 505];

    private readonly Random random = new(seed);
    private readonly ApiContract contract = new();
    private readonly Dictionary<string, ApiAsk> asks = [];
    private readonly Dictionary<int, int> statuses = [];
    private readonly List<string> violations = [];

    public async Task<FuzzResult> RunAsync(int count, Action<int>? told = null)
    {
        var fuzzer = new ApiFuzzer(random);
        var sent = 0;
        for (; sent < count && violations.Count < MostViolations; sent++)
        {
            if (sent % HealEvery == 0)
            {
                await HealAsync();
                told?.Invoke(sent);
            }

            // All operations in turn, so that few requests reach every one.
            var operation = ApiOperation.All[sent % ApiOperation.All.Count];
            await OneAsync(fuzzer, operation, sent);
        }

        return new(sent, statuses, violations);
    }

    private async Task OneAsync(ApiFuzzer fuzzer, ApiOperation operation, int number)
    {
        var ask = await AskAsync(operation);
        var person = random.Next(3) == 0 ? operation.Caller(ask) : fuzzer.Any(People);
        var good = operation.Request(fuzzer.Any(operation.Verbs), ask, random.Next(2) == 0 ? "\"1\"" : null) with { As = person };
        var request = fuzzer.Spoil(operation, ask, OfTheTenant.Contains(person) ? good : good.InOwnWords());
        ApiAnswer answer;
        try
        {
            answer = await world.SendAsync(request, takesTime: ask.TakesTime);
        }
        catch (Exception e) when (e is HttpRequestException { InnerException: IOException } or ArgumentException or FormatException
            or UriFormatException)
        {
            // HttpClient refuses to send it, or the server hung up on a body it will not read: neither reached the app.
            statuses[0] = statuses.GetValueOrDefault(0) + 1;
            return;
        }

        statuses[answer.Status] = statuses.GetValueOrDefault(answer.Status) + 1;
        if (answer.Status is >= 200 and < 300 && request.Verb is not ("GET" or "HEAD"))
        {
            // It may be used up now.
            asks.Remove(operation.Name);
        }

        violations.AddRange(
            Judge(operation, request, answer).Select(
                v => $"#{number} (seed {seed}) {operation.Name}: {v}\n    {request}\n    → {answer}"));
    }

    private async Task<ApiAsk> AskAsync(ApiOperation operation)
    {
        if (asks.TryGetValue(operation.Name, out var known))
        {
            return known;
        }

        try
        {
            return asks[operation.Name] = await ApiSamples.Of(operation).Make(world);
        }
        catch (XunitException)
        {
            // Somebody was let in to delete the tenant, or to send its people away.
            await HealAsync();
            return asks[operation.Name] = await ApiSamples.Of(operation).Make(world);
        }
    }

    private IEnumerable<string> Judge(ApiOperation operation, ApiRequest request, ApiAnswer answer)
    {
        // What somebody who was let in has switched off is refused, as it should be.
        if (answer.Status >= 500 && answer.Status is not (501 or 505) && answer.Problem != "feature-off")
        {
            yield return $"answered {answer.Status}";
        }

        var all = string.Concat(answer.Headers.Select(h => $"{h.Key}: {h.Value}\n")) + answer.Body;
        if (!operation.Name.Contains("Document", StringComparison.Ordinal) && Inside().Match(all) is { Success: true } leak)
        {
            yield return $"tells of the inside: {leak.Value}";
        }

        // A guest with the token sees the video's title: that is what the link is for.
        if (!OfTheTenant.Contains(request.As) && !operation.IsForGuests && all.Contains(SampleWorld.Marker, StringComparison.Ordinal))
        {
            yield return "shows what is another tenant's";
        }

        var bare = answer.Body.Length == 0 && Bare.Contains(answer.Status);
        // A spoilt path may be no address at all.
        bare |= answer.Problem is "no-such-route" or "method-not-allowed";
        if (!bare && operation.Verbs.Contains(request.Verb))
        {
            foreach (var fault in contract.Faults(operation, request.Verb, answer))
            {
                yield return fault;
            }
        }
    }

    /// <summary>The requests that were let in have changed the world: people and tenant back to work, limits forgotten, new
    /// things.</summary>
    private async Task HealAsync()
    {
        asks.Clear();
        await world.HealAsync();
    }

    [GeneratedRegex(
        @"\bat (Portal|System|Microsoft|Npgsql|Dapper)\.|Npgsql|PostgresException|[A-Za-z]Exception\b|SqlState|\.cs:line|Host=|Password=|BytePositionInLine|StackTrace|violates (row|check|foreign|unique|not)|relation ""|syntax error at|/bin/(Debug|Release)/",
        RegexOptions.NonBacktracking)]
    private static partial Regex Inside();
}
