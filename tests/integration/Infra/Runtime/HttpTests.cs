using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class HttpTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private const string Id = "0192f7a0-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("/", "200 root")]
    [InlineData("/DefaultRoute", "200 default")]
    [InlineData("/defaultroute", "200 default")]
    [InlineData("/clips/" + Id, "200 clip 0192f7a0000070008000000000000001")]
    [InlineData("/clips/holiday", "200 named holiday")]
    [InlineData("/clips/no-such", "404 ")]
    [InlineData("/unknown", "404 ")]
    [InlineData("/values/7/true/blue/2026-03-02T10:00:00%2B13:00", "200 7 True Blue 2026-03-01T21:00:00.0000000Z - Values True 7")]
    [InlineData("/values/7/true/blue/2026-03-02T10:00:00Z/tail", "200 7 True Blue 2026-03-02T10:00:00.0000000Z tail Values True 7")]
    [InlineData("/text", "200 plain")]
    [InlineData("/poco", """200 {"title":"made","seconds":3}""")]
    [InlineData("/nothing", "200 ")]
    public async Task Get_is_routed_bound_and_answered(string path, string expected)
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Equal(expected, await host.GetAsync(path));
    }

    [Fact]
    public async Task Method_that_no_function_lists_is_not_found_as_on_Azure()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Equal("404 ", await host.SendAsync(HttpMethod.Delete, "/clips"));
        Assert.Equal("404 ", await host.SendAsync(HttpMethod.Head, "/DefaultRoute"));
        Assert.Equal("200 ", await host.SendAsync(HttpMethod.Head, "/headed"));
        Assert.Equal("200 PATCH", await host.SendAsync(HttpMethod.Patch, "/any"));
    }

    [Fact]
    public async Task Route_prefix_is_api_unless_host_json_says_otherwise()
    {
        await using var host = await RuntimeHost.StartAsync(
            database, new RuntimeHost.Setup { Functions = [typeof(HttpSamples)], HostJson = """{ "version": "2.0" }""" });
        Assert.Equal("200 default", await host.GetAsync("/api/DefaultRoute"));
        Assert.Equal("200 root", await host.GetAsync("/api"));
        Assert.Equal("404 ", await host.GetAsync("/DefaultRoute"));
    }

    [Fact]
    public async Task Route_value_that_does_not_convert_is_a_bare_500_as_on_Azure()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Equal("500 ", await host.GetAsync("/values/seven/true/blue/2026-03-02T10:00:00Z"));
        Assert.Contains("'number'", Assert.Single(host.Log.With("Error Function.Values")), StringComparison.Ordinal);
        Assert.Single(host.Log.With("Values takes the route value 'number' as Int32 without a constraint"));
    }

    [Theory]
    [InlineData("""{ "TITLE": "a", "seconds": 4 }""", """201 {"title":"a","seconds":5}""")]
    [InlineData("""{ "title": """, "400 ")]
    [InlineData("""{ "seconds": "many" }""", "400 ")]
    [InlineData("", "400 ")]
    public async Task Body_is_read_with_web_defaults_and_refused_when_malformed(string body, string expected)
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Equal(expected, await host.SendAsync(HttpMethod.Post, "/clips", RuntimeHost.Json(body)));
    }

    [Fact]
    public async Task Body_of_another_type_is_refused()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Equal("415 ", await host.SendAsync(HttpMethod.Post, "/clips", new StringContent("title=a")));
    }

    [Fact]
    public async Task Body_may_have_a_hundred_megabytes_and_no_more()
    {
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(HttpSamples)],
            App = app => app.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null),
        });
        const int Most = 100 * 1024 * 1024;
        Assert.Equal($"200 {Most}", await host.SendAsync(HttpMethod.Post, "/eats", new ByteArrayContent(new byte[Most])));
        using var tooLong = new HttpRequestMessage(HttpMethod.Post, "/eats") { Content = new ByteArrayContent(new byte[Most + 1]) };
        tooLong.Headers.ExpectContinue = true;
        using var refused = await host.Http.SendAsync(tooLong);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }

    [Fact]
    public async Task Exception_is_a_bare_500_logged_once_with_function_and_invocation()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        using var response = await host.Http.GetAsync(new Uri("/throws", UriKind.Relative));
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.False(response.Headers.Contains("X-Half"));

        var line = Assert.Single(host.Log.With("secret detail"));
        Assert.Matches(new Regex("^Error Function.Throws: Function Throws failed, invocation [0-9a-f-]{36} InvalidDataException"), line);
    }

    [Fact]
    public async Task Function_without_a_result_leaves_the_response_as_it_wrote_it()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        using var response = await host.Http.GetAsync(new Uri("/nothing", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("X-Touched")));
    }

    [Fact]
    public async Task Each_invocation_has_an_own_instance_in_an_own_scope_disposed_after_it()
    {
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(ScopedSamples)],
            App = app => app.Services.AddSingleton<ScopedSamples.Count>().AddScoped<ScopedSamples.Marker>(),
        });
        Assert.Equal("200 True made 1 disposed 0", await host.GetAsync("/scoped"));
        Assert.Equal("200 True made 2 disposed 1", await host.GetAsync("/scoped"));
    }

    [Fact]
    public async Task Results_that_Azure_would_drop_are_named_at_start()
    {
        await using var host = await RuntimeHost.StartAsync(database, typeof(HttpSamples));
        Assert.Single(host.Log.With("Poco returns Clip: Azure ignores it"));
        Assert.Single(host.Log.With("Text returns String: Azure ignores it"));
        Assert.Empty(host.Log.With("Root returns"));
    }
}
