using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Contract;

/// <summary>One portal with one of everything in it, for the tests that attempt all functions. Limits are out of their way.</summary>
public sealed class ContractPortal : IAsyncLifetime
{
    public TestPortal Portal { get; } = new() { Overrides = SampleWorld.NoLimits };

    public SampleWorld World { get; private set; } = null!;

    public ApiContract Contract { get; } = new();

    public async Task InitializeAsync()
    {
        await Portal.InitializeAsync();
        World = new SampleWorld(Portal);
        await World.AddPeopleAsync();
    }

    public Task DisposeAsync() => Portal.DisposeAsync();

    /// <summary>Sends, and holds the answer to the document.</summary>
    public async Task<(ApiAnswer Answer, IReadOnlyList<string> Faults)> TryAsync(
        ApiOperation operation, ApiRequest request, bool takesTime = false)
    {
        var answer = await World.SendAsync(request, takesTime);
        return (
            answer, [
                .. Contract.Faults(operation, request.Verb, answer).Select(f => $"{operation.Name}: {f}\n    {request}\n    → {answer}")
            ]);
    }
}
