using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.EndToEnd;

/// <summary>Two launchers on one database are one portal.</summary>
public sealed class ServeTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private LauncherProcess one = null!;
    private LauncherProcess other = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.EmptyAsync();
        // At once: both find nothing there.
        one = LauncherProcess.Start("serve", "--port", "0", "--database", database.Admin);
        other = LauncherProcess.Start("serve", "--port", "0", "--database", database.Admin);
        await Task.WhenAll(one.UpAsync(), other.UpAsync());
    }

    public async Task DisposeAsync()
    {
        await one.DisposeAsync();
        await other.DisposeAsync();
        await database.DisposeAsync();
    }

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
        var link = await PostAsync(http, $"{one.App}/api/share-links", new { assetId });
        var opened = await GetAsync(http, $"{other.App}/api/share/{link["token"]}");
        using var played = await http.GetAsync(new Uri((string)opened["playbackUrl"]!));
        Assert.True(played.IsSuccessStatusCode, $"{(int)played.StatusCode}");

        Assert.Equal(0, await one.SignalAsync("TERM"));
        Assert.Contains("Stopped in", one.Output, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"{one.App}/api/health/live")));
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
    public async Task A_port_in_use_is_named_before_anything_is_started()
    {
        var port = new Uri(one.App).Port;
        var (code, output, errors) = await LauncherProcess.RunAsync("serve", "--port", $"{port}", "--database", database.Admin);

        Assert.Equal(1, code);
        Assert.Contains($"Port {port} is in use", errors, StringComparison.Ordinal);
        Assert.Contains("--port", errors, StringComparison.Ordinal);
        Assert.Empty(output);
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

    private async Task<string> TokenAsync(string person)
    {
        var (code, output, errors) = await LauncherProcess.RunAsync("token", person, "--database", database.Admin);
        Assert.True(code == 0, errors);
        // Nothing but the token: it is for $(…).
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]+\n$", output);
        return output.TrimEnd('\n');
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
