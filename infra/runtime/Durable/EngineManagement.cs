using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Runtime.Durable;

/// <summary>The fast engine behind the management routes.</summary>
internal sealed class EngineManagement(DurableEngine engine) : IInstanceManagement
{
    public string HubName => engine.Options.HubName;

    private DurableOperations Operations => engine.Operations;

    public Task<InstanceSnapshot?> FindAsync(string id, CancellationToken ct) => Operations.Query.FindAsync(id, ct);

    public async Task<(IReadOnlyList<InstanceSnapshot> Page, string? Continuation)> ListAsync(
        InstanceFilter filter, string? continuation, CancellationToken ct)
    {
        var after = long.TryParse(continuation, CultureInfo.InvariantCulture, out var token) ? token : 0;
        var page = await Operations.Query.ListAsync(filter with { After = after }, ct);
        return (page, page.Count == filter.Limit ? page[^1].Key.ToString(CultureInfo.InvariantCulture) : null);
    }

    public async Task<JsonArray> HistoryAsync(InstanceSnapshot instance, bool showInput, bool showOutput, CancellationToken ct) =>
        HistoryShape.Of(instance, await Operations.Query.HistoryAsync(instance.Key, ct), showInput, showOutput);

    public Task<bool> RaiseEventAsync(string id, string name, string? payload, CancellationToken ct) =>
        Operations.SendAsync(id, new EventRaised(name, payload), ct);

    public Task<bool> TerminateAsync(string id, string? reason, CancellationToken ct) =>
        Operations.TerminateAsync(id, JsonSerializer.Serialize(reason ?? string.Empty), false, ct);

    public Task<bool> SuspendAsync(string id, string? reason, CancellationToken ct) =>
        Operations.SendAsync(id, new ExecutionSuspended(reason), ct);

    public Task<bool> ResumeAsync(string id, string? reason, CancellationToken ct) => Operations.ResumeAsync(id, reason, ct);

    public Task<bool> RewindAsync(string id, string? reason, CancellationToken ct) => Operations.RewindAsync(id, reason, ct);

    public Task<int> PurgeAsync(string id, CancellationToken ct) => Operations.PurgeAsync(id, recursive: false, ct);

    public Task<int> PurgeAllAsync(InstanceFilter filter, CancellationToken ct) => Operations.PurgeAllAsync(filter, recursive: false, ct);

    public Task<string?> RestartAsync(string id, bool withNewId, CancellationToken ct) => Operations.RestartAsync(id, withNewId, ct);

    public Task<bool> StartAsync(string name, string id, string? input, CancellationToken ct) =>
        Operations.StartAsync(name, id, input, null, null, null, 0, ct);

    public Task<InstanceSnapshot> WaitAsync(string id, CancellationToken ct) => Operations.WaitAsync(id, view => view.IsOver, ct);
}
