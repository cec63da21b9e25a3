using System.Text.Json.Nodes;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>Waiting for changes, in real time, through the published app: a long poll, and a stream that is not held back.</summary>
[Collection(AzurePortalCollection.Name)]
public sealed class LiveChangeTests(AzurePortal azure)
{
    private const string Path = "/api/changes";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private TestPortal Portal => azure.Portal;

    [Fact]
    public async Task Who_waits_is_answered_when_something_happens()
    {
        var start = (await Portal.As("admin").FetchAsync(Path)).Expect(200).Text("nextCursor");
        var waiting = Portal.As("admin").FetchAsync($"{Path}?wait=25&after={start}");
        var project = await Portal.NewProjectAsync("While somebody waits");

        var told = (await waiting.WaitAsync(Limit, TimeProvider.System)).Expect(200).Field("items").AsArray();
        Assert.Contains(project.ToString(), told.Select(Subject));
    }

    [Fact]
    public async Task A_stream_tells_it_before_it_ends()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Add("Accept", "text/event-stream");
        using var response = await Portal.As("admin").SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(
            Limit, TimeProvider.System);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("retry: ", await reader.ReadLineAsync().WaitAsync(Limit, TimeProvider.System), StringComparison.Ordinal);

        var project = await Portal.NewProjectAsync("While somebody listens");
        for (var told = ""; told != project.ToString();)
        {
            var line = await reader.ReadLineAsync().WaitAsync(Limit, TimeProvider.System);
            told = line is ['d', 'a', 't', 'a', ':', ' ', .. var json] ? Subject(JsonNode.Parse(json)) : told;
        }
    }

    private static string Subject(JsonNode? change) => change!["data"]!["subject"]!["id"]!.ToString();
}
