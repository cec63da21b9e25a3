using Portal.Tests.Staging;

namespace Portal.Tests.Unit.Operations;

/// <summary>What is typed at tests/staging: plain errors for what is missing or wrong, and nothing asked of anybody then.</summary>
public sealed class StagingArgumentsTests
{
    private const string Base = "https://portal.example";
    private const string Share = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";

    [Theory]
    [InlineData("", "Which check?")]
    [InlineData("fax --base https://portal.example", "fax is no check")]
    [InlineData("audit audit --base https://portal.example", "One check goes at a time")]
    [InlineData("audit", "--base is missing")]
    [InlineData("audit --base", "--base needs a value")]
    [InlineData("audit --base portal.example", "--base is an address")]
    [InlineData("audit --base https://portal.example/api", "without a path")]
    [InlineData("audit --base http://portal.example", "http goes to this machine alone")]
    [InlineData("audit --base https://portal.example --fast", "--fast is no option")]
    [InlineData("audit --base https://portal.example --asset seven", "--asset is the id")]
    [InlineData("audit --base https://portal.example --file /no/such.mp4", "There is no file /no/such.mp4")]
    [InlineData("audit --base https://portal.example --origin https://portal.example/", "--origin is written as browsers send it")]
    [InlineData("audit --base https://portal.example --key a1", "--key is written id=file")]
    [InlineData("audit --base https://portal.example --key a1=/no/such.pem", "/no/such.pem is not a PEM")]
    [InlineData("rate-limits --base https://portal.example --playbacks-per-minute 0", "a whole number above 0")]
    [InlineData("rate-limits --base https://portal.example --failed-attempts-per-minute many", "a whole number above 0")]
    public async Task What_is_wrong_is_said_plainly_and_it_ends_with_2(string typed, string says)
    {
        var (code, output, errors) = await RunAsync(typed, []);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.Contains("See --help.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_is_missing_is_named_at_once_with_how_to_get_it()
    {
        var (code, output, errors) = await RunAsync($"all --base {Base}", []);

        Assert.Equal((2, ""), (code, output));
        string[] told =
        [
            "PORTAL_STAGING_SESSION is not set: the session token of an Admin", "await Clerk.session.getToken()",
            "set PORTAL_STAGING_SESSION_COMMAND", "PORTAL_STAGING_OPERATOR is not set", "PORTAL_STAGING_MUX_SECRET is not set",
            "A video is missing: --file", "--origin is missing", "webhook-replay burdens others: on call", "revocation burdens others",
            "rate-limits burdens others: everybody at this machine's address", "add --yes",
        ];
        Assert.All(told, text => Assert.Contains(text, errors, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("audit", "PORTAL_STAGING_SESSION")]
    [InlineData("webhook-replay", "PORTAL_STAGING_OPERATOR, PORTAL_STAGING_MUX_SECRET, --yes")]
    [InlineData("playback-expiry", "PORTAL_STAGING_SESSION, --file or --asset")]
    [InlineData("cors-cookies", "PORTAL_STAGING_SESSION, --file or --asset, --origin")]
    [InlineData("revocation", "PORTAL_STAGING_SESSION, --file or --asset, --yes")]
    [InlineData("rate-limits", "PORTAL_STAGING_SESSION, --file or --asset, --yes")]
    public async Task A_check_is_listed_with_what_it_needs_and_asks_for_no_more(string check, string needs)
    {
        var help = (await RunAsync("--help", [])).Output;
        help = help[help.IndexOf($"  {check}\n", StringComparison.Ordinal)..];
        Assert.Contains($"      Needs {needs}.\n", help, StringComparison.Ordinal);

        var errors = (await RunAsync($"{check} --base {Base}", [])).Errors;
        (string Need, string Says)[] asked =
        [
            ("_SESSION", "_SESSION is not set"), ("_OPERATOR", "_OPERATOR is not set"), ("_MUX_", "_MUX_SECRET is not set"),
            ("--file", "A video is missing"), ("--origin", "--origin is missing"), ("--yes", "add --yes"),
        ];
        Assert.All(asked, each => Assert.Equal(
            (each.Need, needs.Contains(each.Need, StringComparison.Ordinal)),
            (each.Need, errors.Contains(each.Says, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("made.up", "PORTAL_STAGING_SESSION is no session token")]
    [InlineData("a.eyJleHAiOjE3NzI0NDIwMDB9.b", "set PORTAL_STAGING_SESSION_COMMAND to a command")]
    public async Task A_session_that_is_none_or_is_over_stops_the_check(string token, string says)
    {
        var (code, output, _) = await RunAsync($"audit --base {Base}", new() { ["PORTAL_STAGING_SESSION"] = token });
        Assert.Equal(1, code);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_portal_that_does_not_answer_holds_nothing()
    {
        var (code, output, _) = await RunAsync(
            $"webhook-replay --base {Base} --yes",
            new()
            {
                ["PORTAL_STAGING_OPERATOR_COMMAND"] = "echo a.eyJleHAiOjQxMDI0NDQ4MDB9.b",
                ["PORTAL_STAGING_MUX_SECRET"] = "a secret",
            });
        Assert.Equal(1, code);
        Assert.DoesNotContain("| holds |", output, StringComparison.Ordinal);

        // Whatever is said of it, what must stay secret is cut out, and a cell stays a cell.
        Assert.Contains("| no answer: Nobody is at /?token=…&a=1, … or …\\| | **does not hold** |", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string typed, Dictionary<string, string> variables)
    {
        using StringWriter output = new(), errors = new();
        using var nobody = new Nobody();
        var world = new StagingWorld(
            output, errors, name => variables.GetValueOrDefault(name), TimeProvider.System, (_, _, _) => Task.CompletedTask, nobody);
        var code = await StagingProgram.RunAsync(typed.Split(' ', StringSplitOptions.RemoveEmptyEntries), world, default);
        return (code, output.ToString(), errors.ToString());
    }

    private sealed class Nobody : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct) =>
            throw new HttpRequestException($"Nobody is at /?token=abc&a=1, a secret or {Share}|");
    }
}
