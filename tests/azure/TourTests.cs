using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Azure;

/// <summary>
/// Every HTTP function, asked the same on the fast runtime and as published: the answers are alike in status, headers and body. What
/// differs by nature (ids, times, tokens, numbers) is replaced before they are compared.
/// </summary>
public sealed class TourTests(BothPortals portals) : IClassFixture<BothPortals>
{
    // How far an orchestration or an upload is, which webhooks and what acts there were by now, which weekdays a report spans: of these
    // status and headers count.
    private static readonly HashSet<string> OfTheMoment =
        ["ReadOrchestration", "ReadUploadTelemetry", "ListWebhooks", "ListAudit", "ReadOperationsBoard", "ReadResidencyReportHtml"];

    public static TheoryData<string> Operations => [.. ApiOperation.All.Select(operation => operation.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_function_answers_alike_on_both(string name)
    {
        var operation = ApiOperation.All.Single(each => each.Name == name);
        var differences = new List<string>();
        foreach (var verb in operation.Verbs)
        {
            var answers = await Task.WhenAll(AskAsync(portals.Fast, operation, verb), AskAsync(portals.Azure, operation, verb));
            foreach (var (what, request, here) in answers[0])
            {
                var there = answers[1].Single(answer => answer.What == what).Answer;
                var bodyToo = !OfTheMoment.Contains(name);
                if (Likeness.Of(here, bodyToo) is var one && Likeness.Of(there, bodyToo) is var other && one != other)
                {
                    differences.Add($"{what}: {request}\nfast:\n{one}\nas on Azure:\n{other}");
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [Theory]
    [InlineData("GET", "/api/nothing-here")]
    [InlineData("PUT", "/api/projects")]
    [InlineData("OPTIONS", "/api/projects")]
    [InlineData("PATCH", "/api/health/live")]
    [InlineData("GET", "/")]
    [InlineData("GET", "/nothing-here")]
    public async Task What_no_function_takes_is_answered_alike_on_both(string verb, string path)
    {
        var request = new ApiRequest(verb, path) { Headers = new Dictionary<string, string> { ["Origin"] = "http://localhost:3000" } };
        var answers = await Task.WhenAll(portals.Fast.SendAsync(request), portals.Azure.SendAsync(request));

        Assert.Equal(Likeness.Of(answers[0]), Likeness.Of(answers[1]));
    }

    [Fact]
    public async Task A_body_of_40_MB_is_refused_with_413_by_the_app_itself()
    {
        var body = new byte[40 * 1024 * 1024];
        var request = new ApiRequest("POST", "/api/projects") { As = "admin", Body = body };

        Assert.Equal(413, (await portals.Fast.SendAsync(request)).Status);
        Assert.Equal("too-large", (await portals.Azure.SendAsync(request)).Problem);
    }

    /// <summary>A good request, and refusals that need no knowledge of the operation.</summary>
    private static async Task<List<(string What, ApiRequest Request, ApiAnswer Answer)>> AskAsync(
        SampleWorld world, ApiOperation operation, string verb)
    {
        await world.ForgetLimitsAsync();
        var ask = await ApiSamples.Of(operation).Make(world);
        var good = operation.Request(verb, ask, operation.About.NeedsMatch ? await VersionAsync(world, operation, ask) : null);
        var asked = new List<(string, ApiRequest, ApiAnswer)> { ("good", good, await world.SendAsync(good, ask.TakesTime)) };
        if (!operation.IsAnonymous)
        {
            var nobody = good with { As = null };
            asked.Add(("no session", nobody, await world.SendAsync(nobody)));
        }

        if (operation.About.Query is not null)
        {
            var nonsense = good with { Path = operation.PathWith(ask) + "?nonsense=1" };
            asked.Add(("nonsense", nonsense, await world.SendAsync(nonsense)));
        }

        return asked;
    }

    private static async Task<string> VersionAsync(SampleWorld world, ApiOperation operation, ApiAsk ask)
    {
        var read = ApiOperation.All.FirstOrDefault(each => each.Path == operation.Path && each.Reads);
        return read is not null
            && (
                await world.SendAsync(
                    new("GET", operation.PathWith(ask)) { As = operation.Caller(ask) })).Headers.TryGetValue("etag", out var tag)
            ? tag
            : "\"1\"";
    }
}

/// <summary>The portal on the fast runtime and as published, each with one of everything in it.</summary>
public sealed class BothPortals : IAsyncLifetime
{
    private readonly TestPortal fast = new() { Overrides = SampleWorld.NoLimits };
    private readonly AzurePortal azure = new() { TelemetryToo = false };

    public SampleWorld Fast { get; private set; } = null!;

    public SampleWorld Azure => azure.World;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(fast.InitializeAsync(), azure.InitializeAsync());
        Fast = new SampleWorld(fast);
        await Fast.AddPeopleAsync();
    }

    public async Task DisposeAsync()
    {
        await fast.DisposeAsync();
        await azure.DisposeAsync();
    }
}
