using System.Net.Http.Headers;
using System.Text;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Answers are UTF-8 as people wrote it, byte for byte, and safe where they are shown as what they are.</summary>
public sealed class AnswerBytesTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public async Task InitializeAsync() => await portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("Grade the opening 🎬")]
    [InlineData("👩‍👩‍👧‍👦 🇦🇺 👍🏽 ❤️")]
    [InlineData("𝒜 𠮷野家 𐍈")]
    [InlineData("🙂\"🙂\\🙂")]
    public async Task Emoji_in_a_title_and_in_a_comment_are_not_escaped(string text)
    {
        var project = await portal.NewProjectAsync();
        var task = (await portal.As("agency").PostAsync("/api/tasks", new { projectId = project, title = text })).Expect(201);
        var upload = await portal.UploadReadyAsync(project);
        var comment = (await portal.As("agency").PostAsync(
            $"/api/assets/{upload.Text("assetId")}/versions/1/comments", new { body = text })).Expect(201);

        var written = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        Assert.Contains($"\"title\":\"{written}\"", await TextAsync($"/api/tasks/{task.Id}"), StringComparison.Ordinal);
        Assert.Contains($"\"title\":\"{written}\"", await TextAsync($"/api/tasks?projectId={project}"), StringComparison.Ordinal);
        Assert.Contains($"\"body\":\"{written}\"", await TextAsync($"/api/comments/{comment.Id}"), StringComparison.Ordinal);
        Assert.Equal(text, (await portal.As("agency").FetchAsync($"/api/tasks/{task.Id}")).Text("title"));
    }

    [Fact]
    public async Task What_would_be_HTML_is_JSON_that_no_browser_takes_for_anything_else()
    {
        var project = await portal.NewProjectAsync("<img src=x onerror=alert(1)> & 'so'");
        using var answer = await SendAsync($"/api/projects/{project}");
        Assert.Contains("<img src=x onerror=alert(1)> & 'so'", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
    }

    private async Task<string> TextAsync(string path)
    {
        using var answer = await SendAsync(path);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(await answer.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await portal.SessionAsync("admin"));
        return (await portal.Anonymous.SendAsync(request)).EnsureSuccessStatusCode();
    }
}
