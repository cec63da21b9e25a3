using System.Text.Json;
using Portal.Host.Rpc;

namespace Portal.Host.Worker;

/// <summary>One binding of a function, as the worker describes it (JSON).</summary>
internal sealed record AppBinding(string Name, string Type, JsonElement Json)
{
    public string? Text(string property) =>
        Json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public IReadOnlyList<string> Texts(string property) =>
        Json.TryGetProperty(property, out var values) && values.ValueKind == JsonValueKind.Array
        ? [.. values.EnumerateArray().Select(value => value.GetString()!)]
        : [];
}

/// <summary>One function of the app, as the worker describes it.</summary>
internal sealed record AppFunction(RpcFunctionMetadata Metadata, IReadOnlyList<AppBinding> Bindings)
{
    public string Name => Metadata.Name;

    public string Id => Metadata.FunctionId;

    public AppBinding Trigger { get; } = Bindings.First(binding => binding.Type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase));

    /// <summary>Parameters that take Durable's client.</summary>
    public IEnumerable<AppBinding> DurableClients =>
        Bindings.Where(binding => binding.Type.Equals("durableClient", StringComparison.OrdinalIgnoreCase));

    public bool IsTriggeredBy(string type) => Trigger.Type.Equals(type, StringComparison.OrdinalIgnoreCase);

    public static AppFunction Read(RpcFunctionMetadata metadata) => new(metadata, [.. metadata.RawBindings.Select(ReadBinding)]);

    private static AppBinding ReadBinding(string json)
    {
        using var document = JsonDocument.Parse(json);
        var binding = document.RootElement.Clone();
        return new(binding.GetProperty("name").GetString()!, binding.GetProperty("type").GetString()!, binding);
    }
}
