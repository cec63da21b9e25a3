using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Portal.LocalVendors;
using Portal.Tests.Integration.Compliance;
using Portal.Tests.Staging;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>An answer of the portal as a check got it.</summary>
internal sealed record RecordedAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public static async Task<RecordedAnswer> OfAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .SelectMany(header => header.Value.Select(value => (header.Key, value))).ToList();
        return new((int)response.StatusCode, headers, await response.Content.ReadAsStringAsync(ct));
    }

    public RecordedAnswer Without(string header) =>
        this with { Headers = [.. Headers.Where(each => !each.Name.Equals(header, StringComparison.OrdinalIgnoreCase))] };

    public RecordedAnswer With(string header, string value) =>
        this with { Headers = [.. Without(header).Headers, (header, value)] };

    public HttpResponseMessage Response()
    {
        var response = new HttpResponseMessage((HttpStatusCode)Status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body)) };
        foreach (var (name, value) in Headers.Where(each => !each.Name.StartsWith("Content-", StringComparison.Ordinal) || each.Name
            == "Content-Security-Policy"))
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}

/// <summary>A run of one check against the local portal: what was answered to what, and the report.</summary>
internal sealed record RecordedRun(
    DateTimeOffset Began, int Code, string Output, IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>> Answers)
{
    /// <summary>The lines of a report: what was asked, and whether it holds.</summary>
    public static IReadOnlyList<(string Asked, bool Holds)> Lines(string output) =>
    [
        .. Regex.Matches(output, @"^\| \d+ \| (.+?) \| .* \| (holds|\*\*does not hold\*\*) \|$", RegexOptions.Multiline)
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value == "holds")),
    ];
}

/// <summary>
/// The local portal as a deployed one: behind TLS, with the limits of production. Every check has run against it once; what it answered
/// can be told again, one answer changed.
/// </summary>
public sealed class StagingPortal : IAsyncLifetime
{
    public const string Address = "https://portal.staging.example";
    public const string Origin = "http://localhost:3000";

    private static readonly TimeSpan Long = TimeSpan.FromHours(12);
    private readonly Dictionary<string, RecordedRun> runs = [];
    private Dictionary<string, string> variables = [];
    private Guid asset;

    public TestPortal Portal { get; } = new()
    {
        Overrides = new Dictionary<string, string?>
        {
            ["Limits:UserPerMinute"] = "600",
            ["Limits:TenantPerMinute"] = "6000",
            ["Limits:FailedAttemptsPerMinute"] = "20",
            ["Limits:AuditReadsPerMinute"] = "10",
        },
    };

    public IReadOnlyCollection<string> Secrets => variables.Values;

    internal IReadOnlyDictionary<string, RecordedRun> Runs => runs;

    public async Task InitializeAsync()
    {
        await Portal.InitializeAsync();
        asset = Guid.Parse((await Portal.UploadReadyAsync(await Portal.NewProjectAsync())).Text("assetId"));
        await Portal.SealAllAsync();
        variables = new()
        {
            ["PORTAL_STAGING_SESSION"] = (await Portal.Clerk.SignInAsync("admin", new ClerkTokenOverrides { Lifetime = Long })).Jwt,
            ["PORTAL_STAGING_OPERATOR"] = (await Portal.Clerk.SignInAsync("operator", new ClerkTokenOverrides { Lifetime = Long })).Jwt,
            ["PORTAL_STAGING_MUX_SECRET"] = Portal.Mux.WebhookSecret,
        };
        foreach (var check in StagingCheck.All)
        {
            var began = Portal.Clock.GetUtcNow();
            using var recorder = new Recorder(Portal.Address);
            var (code, output, errors) = await RunAsync(check.Name, recorder, Portal.Clock, async (span, why) =>
            {
                Portal.Clock.Advance(span);
                if (why.Contains("sealed", StringComparison.Ordinal))
                {
                    await Portal.SealAllAsync();
                }
            });
            runs[check.Name] = new(began, code, output + errors, recorder.Answers());
        }
    }

    public Task DisposeAsync() => Portal.DisposeAsync();

    /// <summary>The check again, by its answers of then; those to one thing that it asks are changed.</summary>
    internal async Task<(int Code, string Output)> AgainAsync(
        string check, string? asked = null, AnswerChange? change = null)
    {
        var told = check == "all" ? StagingCheck.All.Select(each => runs[each.Name]).ToList() : [runs[check]];
        var clock = new TestClock(told[0].Began);
        using var teller = new Teller(told, asked, change);
        var (code, output, _) = await RunAsync(check, teller, clock, (span, _) =>
        {
            clock.Advance(span);
            return Task.CompletedTask;
        });
        return (code, output);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(
        string check, HttpMessageHandler handler, TestClock clock, Func<TimeSpan, string, Task> wait)
    {
        using StringWriter output = new(), errors = new();
        var world = new StagingWorld(
            output, errors, name => variables.GetValueOrDefault(name), clock, (span, why, _) => wait(span, why), handler);
        string[] args = [check, "--base", Address, "--asset", $"{asset}", "--origin", Origin, "--yes"];
        return (await StagingProgram.RunAsync(args, world, default), output.ToString(), errors.ToString());
    }

    /// <summary>What lies in front of a deployed app: it ends TLS and says whom it had it from. And keeps what was answered.</summary>
    private sealed class Recorder(Uri app) : DelegatingHandler(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        private readonly ConcurrentQueue<(string Asked, RecordedAnswer Answer)> heard = [];

        public Dictionary<string, IReadOnlyList<RecordedAnswer>> Answers() => heard.GroupBy(each => each.Asked)
            .ToDictionary(of => of.Key, IReadOnlyList<RecordedAnswer> (of) => [.. of.Select(each => each.Answer)]);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            if (request.RequestUri!.GetLeftPart(UriPartial.Authority) == Address)
            {
                request.RequestUri = new Uri(app, request.RequestUri.PathAndQuery);
                request.Headers.Add("X-Forwarded-Proto", "https");
                request.Headers.Add("X-Forwarded-For", "198.51.100.77");
            }

            using var response = await base.SendAsync(request, ct);
            var answer = await RecordedAnswer.OfAsync(response, ct);
            heard.Enqueue((request.Options.TryGetValue(StagingRun.Asked, out var asked) ? asked : "", answer));
            return answer.Response();
        }
    }

    private sealed class Teller(
        IReadOnlyList<RecordedRun> told, string? changed, AnswerChange? change) : HttpMessageHandler
    {
        private readonly ConcurrentDictionary<string, int> times = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            request.Options.TryGetValue(StagingRun.Asked, out var asked);
            var at = times.AddOrUpdate(asked!, 0, (_, last) => last + 1);

            // Asked more often than then, it is answered as the last time.
            var known = told.SelectMany(run => run.Answers.GetValueOrDefault(asked!) ?? []).ToList();
            var answer = known[Math.Min(at, known.Count - 1)];
            return Task.FromResult((asked == changed ? change!(told[0], at, answer) : answer).Response());
        }
    }
}
