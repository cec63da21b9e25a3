using Microsoft.Extensions.Logging;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class KeyTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private static readonly Dictionary<string, string?> Keys = new()
    {
        ["Keys:Functions"] = "first-function-key, second-function-key",
        ["Keys__System__durabletask_extension"] = "durable-system-key",
        ["Keys:Master"] = "master-key",
    };

    [Theory]
    [InlineData("/Open", null, "200 open")]
    [InlineData("/Keyed", null, "401 ")]
    [InlineData("/Keyed", "first-function-key", "200 keyed")]
    [InlineData("/Keyed", "second-function-key", "200 keyed")]
    [InlineData("/Keyed", "second-function-ke", "401 ")]
    [InlineData("/Keyed", "durable-system-key", "401 ")]
    [InlineData("/Keyed", "master-key", "200 keyed")]
    [InlineData("/Unsaid", null, "401 ")]
    [InlineData("/Unsaid", "first-function-key", "200 unsaid")]
    [InlineData("/SystemKeyed", "first-function-key", "401 ")]
    [InlineData("/SystemKeyed", "durable-system-key", "200 system")]
    [InlineData("/SystemKeyed", "master-key", "200 system")]
    [InlineData("/MasterKeyed", "durable-system-key", "401 ")]
    [InlineData("/MasterKeyed", "master-key", "200 admin")]
    public async Task Configured_keys_open_their_level_by_header_and_by_query(string path, string? key, string expected)
    {
        await using var host = await StartAsync(Keys);
        Assert.Equal(expected, key is null
            ? await host.GetAsync(path)
            : await host.SendAsync(HttpMethod.Get, path, null, ("x-functions-key", key)));
        Assert.Equal(expected, await host.GetAsync(key is null ? path : $"{path}?code={key}"));
    }

    [Fact]
    public async Task Admin_routes_want_the_master_key_once_any_key_is_configured()
    {
        await using var host = await StartAsync(new Dictionary<string, string?> { ["Keys:Functions:0"] = "only-key" });
        Assert.Equal("401 ", await host.GetAsync("/admin/functions"));
        Assert.Equal("401 ", await host.GetAsync("/admin/functions?code=only-key"));
        Assert.Equal("200 keyed", await host.GetAsync("/Keyed?code=only-key"));
    }

    [Fact]
    public async Task Without_keys_functions_are_open_and_one_warning_says_so()
    {
        await using var host = await StartAsync([]);
        Assert.Equal("200 keyed", await host.GetAsync("/Keyed"));
        Assert.Equal("200 keyed", await host.GetAsync("/Keyed?code=anything"));
        Assert.Single(host.Log.With("Warning Portal.Runtime.FunctionsHost: No function keys are configured"));
    }

    [Theory]
    [InlineData("Host", "portal.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-For", "not an address")]
    public async Task Without_keys_admin_routes_answer_only_this_machine(string header, string value)
    {
        await using var host = await StartAsync([]);
        Assert.StartsWith("200 [", await host.GetAsync("/admin/functions"), StringComparison.Ordinal);
        Assert.Equal("401 ", await host.SendAsync(HttpMethod.Get, "/admin/functions", null, (header, value)));
        Assert.Equal("401 ", await host.SendAsync(HttpMethod.Get, "/MasterKeyed", null, (header, value)));
    }

    [Fact]
    public async Task Without_keys_a_proxy_that_passes_on_what_it_gets_opens_nothing()
    {
        await using var host = await StartAsync([]);
        (string, string)[] headers =
        [
            ("Host", "tunnel.example"), ("X-Forwarded-Host", "localhost"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "http"),
        ];
        Assert.Equal("401 ", await host.SendAsync(HttpMethod.Get, "/admin/functions", null, headers[..2]));
        Assert.Equal("401 ", await host.SendAsync(HttpMethod.Get, "/admin/functions", null, headers));
    }

    [Fact]
    public async Task Keys_and_paths_never_reach_the_log_even_at_trace_level()
    {
        await using var host = await RuntimeHost.StartAsync(database, new RuntimeHost.Setup
        {
            Functions = [typeof(KeySamples)],
            Settings = Keys,
            MinimumLevel = LogLevel.Trace,
            HostJson = """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } }, "logging": { "logLevel": { "default": "Trace", "Microsoft.AspNetCore": "Trace", "Microsoft.AspNetCore.Hosting.Diagnostics": "Trace" } } }""",
        });
        await host.GetAsync("/Keyed?code=first-function-key");
        await host.GetAsync("/nowhere?code=first-function-key");
        Assert.Equal("200 a-share-token", await host.GetAsync("/shared/a-share-token"));
        Assert.Equal("404 ", await host.SendAsync(HttpMethod.Put, "/shared/a-share-token", null, ("X-Forwarded-For", "a-share-token")));
        await host.SendAsync(HttpMethod.Get, "/Keyed", null, ("x-functions-key", "second-function-key"));

        Assert.NotEmpty(host.Log.With("GET Keyed -> 200"));
        Assert.NotEmpty(host.Log.With("Debug Microsoft.AspNetCore"));
        Assert.NotEmpty(host.Log.With("GET shared/{token} -> 200"));
        Assert.Empty(host.Log.With("function-key"));
        Assert.Empty(host.Log.With("a-share-token"));
    }

    private Task<RuntimeHost> StartAsync(Dictionary<string, string?> settings) =>
        RuntimeHost.StartAsync(database, new RuntimeHost.Setup { Functions = [typeof(KeySamples)], Settings = settings });
}
