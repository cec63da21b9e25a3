using System.Text.Json.Nodes;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>What infra/azure makes of each environment, compiled once for all tests.</summary>
[CollectionDefinition(nameof(Installations))]
public sealed class Installations : IAsyncLifetime, ICollectionFixture<Installations>
{
    private Dictionary<string, Task<IReadOnlyList<JsonNode>>> resources = [];

    public BicepCompiler Compiler { get; } = new();

    public async Task InitializeAsync()
    {
        if (BicepCompiler.Missing is null)
        {
            resources = BicepCompiler.Environments.ToDictionary(environment => environment, Compiler.PredictAsync);

            // What does not compile is for the tests that look at it to say.
            await Task.WhenAll(resources.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task DisposeAsync()
    {
        Compiler.Dispose();
        return Task.CompletedTask;
    }

    public IReadOnlyList<JsonNode> All(string environment) => resources[environment].GetAwaiter().GetResult();

    public IEnumerable<JsonNode> OfType(string environment, string type) =>
        All(environment).Where(resource => string.Equals((string?)resource["type"], type, StringComparison.OrdinalIgnoreCase));

    public JsonNode Properties(string environment, string type) => Assert.Single(OfType(environment, type))["properties"]!;

    /// <summary>The app's settings. What only Azure knows is a text in brackets.</summary>
    public Dictionary<string, string> Settings(string environment) => OfType(environment, "Microsoft.Web/sites/config")
        .Single(resource => ((string)resource["name"]!).EndsWith("/appsettings", StringComparison.Ordinal))["properties"]!.AsObject()
        .ToDictionary(setting => setting.Key, setting => (string)setting.Value!);
}
