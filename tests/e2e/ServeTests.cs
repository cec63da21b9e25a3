using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Tests.Staging;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>Two launchers that were started at once on an empty database.</summary>
public sealed class TwoLaunchers : IAsyncLifetime
{
    internal TestDatabase Database { get; private set; } = null!;

    internal LauncherProcess One { get; private set; } = null!;

    internal LauncherProcess Other { get; private set; } = null!;

    /// <summary>Session tokens by person, good for an hour: printing one takes a launcher.</summary>
    internal Dictionary<string, string> Tokens { get; } = [];

    public async Task InitializeAsync()
    {
        Database = await PostgresFixture.EmptyAsync();
        // At once: both find nothing there.
        One = Start();
        Other = Start();
        await Task.WhenAll(One.UpAsync(), Other.UpAsync());
    }

    internal LauncherProcess Start() => LauncherProcess.Start("serve", "--port", "0", "--database", Database.Admin);

    public async Task DisposeAsync()
    {
        await One.DisposeAsync();
        await Other.DisposeAsync();
        await Database.DisposeAsync();
    }
}

/// <summary>Two launchers on one database are one portal.</summary>
public sealed class ServeTests(TwoLaunchers launchers) : IClassFixture<TwoLaunchers>
{
    private readonly TestDatabase database = launchers.Database;
    private readonly LauncherProcess one = launchers.One;
    private readonly LauncherProcess other = launchers.Other;

    [Fact]
    public async Task What_one_made_is_good_at_the_other_and_stopping_one_leaves_the_other()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("admin"));
        var project = await PostAsync(http, $"{one.App}/api/projects", new { name = "First" });
        await PostAsync(http, $"{other.App}/api/projects", new { name = "Second" });

        var page = await GetAsync(http, $"{one.App}/api/projects?limit=1");
        var next = await GetAsync(http, $"{other.App}/api/projects?limit=1&cursor={page["nextCursor"]}");
        Assert.Equal(["Second", "First"], new[] { page, next }.Select(each => (string)each["items"]![0]!["name"]!));

        var assetId = await UploadAsync(http, (string)project["id"]!);
        var link = await PostAsync(http, $"{one.App}/api/share-links", new { assetId, label = "For <you>" });
        var opened = await GetAsync(http, $"{other.App}/api/share/{link["token"]}");
        using var played = await http.GetAsync(new Uri((string)opened["playbackUrl"]!));
        Assert.True(played.IsSuccessStatusCode, $"{(int)played.StatusCode}");

        // The front page has the addresses of links that can be opened.
        var front = await http.GetStringAsync(new Uri(one.App));
        Assert.Contains($"href=\"{link["url"]}\"", front, StringComparison.Ordinal);
        Assert.Contains("For &lt;you&gt;", front, StringComparison.Ordinal);
        await PostAsync(http, $"{one.App}/api/share-links/{link["id"]}/revoke", new { });
        Assert.DoesNotContain((string)link["token"]!, await http.GetStringAsync(new Uri(one.App)), StringComparison.Ordinal);

        await using var third = launchers.Start();
        await third.UpAsync();
        Assert.Equal(2, (await GetAsync(http, $"{third.App}/api/projects"))["items"]!.AsArray().Count);
        Assert.Equal(0, await third.SignalAsync("TERM"));
        Assert.Contains("Stopped in", third.Output, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"{third.App}/api/health/live")));
        await GetAsync(http, $"{other.App}/api/health/ready");
    }

    [Fact]
    public async Task On_call_is_shown_the_way_in_and_gets_in()
    {
        Assert.Contains($"{one.App}/ops", one.Output, StringComparison.Ordinal);
        Assert.Contains("token operator", one.Output, StringComparison.Ordinal);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("operator"));
        Assert.NotNull((await GetAsync(http, $"{one.App}/api/ops/board"))["running"]);
        using var page = await http.GetAsync(new Uri($"{one.App}/ops"));
        Assert.Contains("Session token", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var durable = await http.GetAsync(new Uri($"{one.App}/runtime/webhooks/durabletask/instances"));
        Assert.Equal(401, (int)durable.StatusCode);
    }

    [Fact]
    public async Task Whoever_started_it_finds_everything_at_the_front_page()
    {
        Assert.Contains($"Start here, in a browser: {one.App}/\n", one.Output, StringComparison.Ordinal);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(one.App));
        var page = await answer.Content.ReadAsStringAsync();

        Assert.True(answer.IsSuccessStatusCode, page);
        Assert.StartsWith("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        string[] told = ["Ada Harbour, admin of Harbour Films", "token other-admin", "href=\"/api/docs\"", "href=\"/ops\""];
        Assert.All(told, text => Assert.Contains(text, page, StringComparison.Ordinal));
        var addresses = Regex.Matches(page, "href=\"((?:/|http)[^\"]*)\"").Select(match => match.Groups[1].Value).Distinct();
        Assert.All(await Task.WhenAll(addresses.Select(address => new Uri(new Uri(one.App), address)).Select(async address =>
        {
            using var there = await http.GetAsync(address);
            return (address, there.StatusCode);
        })), each => Assert.Equal(HttpStatusCode.OK, each.StatusCode));
    }

    [Fact]
    public async Task One_button_signs_in_as_the_Operator_and_only_from_the_page_itself()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var done = await SignInAsync(http, one.App, []);
        Assert.Equal((303, "/ops"), ((int)done.StatusCode, done.Headers.Location?.ToString()));
        var cookie = done.Headers.GetValues("Set-Cookie").Single(each => each.StartsWith("ops_session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        using var asked = new HttpRequestMessage(HttpMethod.Get, $"{one.App}/ops");
        asked.Headers.Add("Cookie", cookie.Split(';')[0]);
        using var board = await http.SendAsync(asked);
        Assert.Contains("Sign out", await board.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var own = new Uri(one.App).Authority;
        (string Name, string Value)[][] refused =
        [
            [("Origin", "")], [("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")],
            [("Sec-Fetch-Site", "same-site")], [("Host", $"evil.example:{new Uri(one.App).Port}")], [("X-Forwarded-For", "127.0.0.1")],
            [("Host", "evil.example"), ("X-Forwarded-Host", own)], [("X-Forwarded-Proto", "https")], [("Forwarded", "for=127.0.0.1")],
        ];
        foreach (var headers in refused)
        {
            using var answer = await SignInAsync(http, one.App, headers);
            Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{headers[0]}: {(int)answer.StatusCode}");
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }
    }

    [Fact]
    public async Task A_port_in_use_is_named_before_anything_is_started()
    {
        var port = new Uri(one.App).Port;
        var (code, output, errors) = await LauncherProcess.RunAsync("serve", "--port", $"{port}", "--database", database.Admin);

        Assert.Equal(1, code);
        Assert.Contains($"Port {port} is in use", errors, StringComparison.Ordinal);
        Assert.Contains("--port", errors, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_staging_check_uploads_a_clip_looks_and_prints_its_report()
    {
        using var folder = new TemporaryFolder();
        var clip = folder.File("clip.mp4", "");
        await File.WriteAllBytesAsync(clip, Mp4Sample.Clip());
        var token = await TokenAsync("admin");
        var (code, output) = await RunStagingAsync(
            token, "cors-cookies", "--base", one.App, "--origin", "http://localhost:3000", "--file", clip, "--report",
            Path.Combine(folder.Path, "report.md"));

        Assert.True(code == 0, output);
        Assert.Matches(@"\* Uploaded clip\.mp4; next time: --asset [0-9a-f-]{36}\.\n", output);
        Assert.Contains($"* Portal: {one.App}\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("does not hold", output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, output, StringComparison.Ordinal);
        Assert.Contains(await File.ReadAllTextAsync(Path.Combine(folder.Path, "report.md")), output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agency", "projects", 200)]
    [InlineData("compliance", "projects", 403)]
    [InlineData("operator", "projects", 403)]
    [InlineData("other-admin", "projects", 200)]
    public async Task A_token_is_its_person_s(string person, string what, int status)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(person));
        using var answer = await http.GetAsync(new Uri($"{other.App}/api/{what}"));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient http, string app, (string Name, string Value)[] changed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, app);
        request.Headers.TryAddWithoutValidation("Origin", app);
        foreach (var (name, value) in changed)
        {
            request.Headers.Remove(name);
            if (value.Length > 0)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await http.SendAsync(request);
    }

    /// <summary>tests/staging as people run it: a process of its own.</summary>
    private static async Task<(int Code, string Output)> RunStagingAsync(string token, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StagingProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PORTAL_STAGING_SESSION"] = token;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private async Task<string> TokenAsync(string person)
    {
        if (launchers.Tokens.TryGetValue(person, out var known))
        {
            return known;
        }

        var (code, output, errors) = await LauncherProcess.RunAsync("token", person, "--database", database.Admin);
        Assert.True(code == 0, errors);
        // Nothing but the token: it is for $(…).
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]+\n$", output);
        return launchers.Tokens[person] = output.TrimEnd('\n');
    }

    private async Task<string> UploadAsync(HttpClient http, string projectId)
    {
        var bytes = Mp4Sample.Clip();
        var upload = await PostAsync(http, $"{one.App}/api/uploads", new { projectId, fileName = "clip.mp4", sizeBytes = bytes.Length });
        using var content = new ByteArrayContent(bytes);
        using var sent = await new HttpClient().PutAsync(new Uri((string)upload["target"]!["url"]!), content);
        Assert.True(sent.IsSuccessStatusCode, $"{(int)sent.StatusCode}");
        await Eventually.ValueAsync(
            async () => (string)(
                await GetAsync(
                    http, $"{other.App}/api/uploads/{upload["id"]}"))["status"]!, status => status == "ready", "the upload to be ready");
        return (string)upload["assetId"]!;
    }

    private static async Task<JsonNode> PostAsync(HttpClient http, string address, object body)
    {
        using var answer = await http.PostAsJsonAsync(new Uri(address), body);
        return await ReadAsync(answer);
    }

    private static async Task<JsonNode> GetAsync(HttpClient http, string address)
    {
        using var answer = await http.GetAsync(new Uri(address));
        return await ReadAsync(answer);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
