using Portal.Runtime;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Routes are asked in the order of the functions' names, as on Azure.</summary>
public sealed class RuntimeRouteOrderTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    [Theory]
    [InlineData("/pairs/a/b", "200 first a")]
    [InlineData("/pairs/a/c", "200 second c")]
    [InlineData("/pairs/c/c", "200 rest pairs/c/c")]
    [InlineData("/things/0192f7a0-0000-7000-8000-000000000001", "200 0192f7a0000070008000000000000001")]
    [InlineData("/THINGS/Search", "200 search")]
    [InlineData("/things/abc", "200 abc -")]
    [InlineData("/things/abc/d", "200 abc d")]
    [InlineData("/things/abcd", "200 rest things/abcd")]
    [InlineData("/", "200 rest ")]
    public async Task The_first_name_whose_route_matches_answers(string path, string expected)
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(RouteOrderSamples));
        Assert.Equal(expected, await host.GetAsync(path));
    }

    [Fact]
    public async Task The_method_is_part_of_the_match()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(RouteOrderSamples));
        Assert.Equal("200 deleted search", await host.SendAsync(HttpMethod.Delete, "/things/search"));
        Assert.Equal("404 ", await host.SendAsync(HttpMethod.Put, "/things/search"));
    }

    [Fact]
    public async Task A_function_that_another_hides_is_named_at_start()
    {
        var failure = await Assert.ThrowsAsync<FunctionsHostStartException>(() => RuntimeHost.StartAsync(database, typeof(HiddenSamples)));
        string[] expected =
        [
            "'Below' never answers POST 'all/of/{them:guid}': 'All' ('all/{*path}')",
            "'NodeByNumber' never answers GET 'nodes/{number:int}': 'NodeById' ('nodes/{id}')",
            "'NodeSearch' never answers GET 'Nodes/Search': 'NodeById' ('nodes/{id}')",
            "'NodeTail' never answers GET 'nodes/{id}/{tail?}': 'NodeById' ('nodes/{id}')",
            "'WordList' never answers GET 'words/list': 'Word' ('words/{word:alpha}')",
        ];
        Assert.All(expected, text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
        Assert.True(expected.Length == failure.Faults.Count, failure.Message);
    }

    [Theory]
    [InlineData(null, "200 ", "text/html")]
    [InlineData("True", "204 ", null)]
    public async Task The_host_answers_at_the_root_when_no_function_does(string? disabled, string status, string? type)
    {
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(CallerSamples)],
            Settings = new Dictionary<string, string?> { ["AzureWebJobsDisableHomepage"] = disabled },
        });
        using var answer = await host.Http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal(status, $"{(int)answer.StatusCode} ");
        Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
    }
}
