using System.Net;
using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>A process that has its hands full says so as it says everything else.</summary>
public sealed class BusyTests : IAsyncLifetime
{
    private const string Origin = "http://localhost:3000";
    private readonly TestPortal portal = new()
    {
        Overrides = new Dictionary<string, string?> { ["Http:MaxConcurrentRequests"] = "2" }
    };

    public Task InitializeAsync() => portal.InitializeAsync();

    public Task DisposeAsync() => portal.DisposeAsync();

    [Fact]
    public async Task Two_run_and_two_wait_and_the_fifth_is_refused_in_our_own_words()
    {
        await using var holder = await portal.OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        // Every signed-in request is counted there first.
        await holder.ExecuteAsync("lock table portal.rate_windows in access exclusive mode");
        var asked = Enumerable.Range(0, 5).Select(_ => AskAsync()).ToList();

        var first = await Task.WhenAny(asked);
        using var refused = await first;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("2", refused.Headers.GetValues("Retry-After").Single());
        Assert.Equal(Origin, refused.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("unavailable", (await refused.ReadAsync()).ProblemType);

        await held.RollbackAsync();
        var answers = await Task.WhenAll(asked.Where(a => a != first));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync()).StatusCode);
    }

    private async Task<HttpResponseMessage> AskAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
        request.Headers.Add("Origin", Origin);
        return await portal.As("admin").SendAsync(request);
    }
}
