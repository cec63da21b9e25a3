using System.Text.Json.Nodes;

namespace Portal.Runtime.Durable;

/// <summary>What Durable's management routes need of an engine: the fast one's, or Microsoft's behind infra/host.</summary>
internal interface IInstanceManagement
{
    string HubName { get; }

    Task<InstanceSnapshot?> FindAsync(string id, CancellationToken ct);

    /// <summary>A page, and the token of the next; null when there is none.</summary>
    Task<(IReadOnlyList<InstanceSnapshot> Page, string? Continuation)> ListAsync(
        InstanceFilter filter, string? continuation, CancellationToken ct);

    /// <summary>In the shape of the management API.</summary>
    Task<JsonArray> HistoryAsync(InstanceSnapshot instance, bool showInput, bool showOutput, CancellationToken ct);

    /// <summary>False: no such instance, or it has ended; likewise the four below.</summary>
    Task<bool> RaiseEventAsync(string id, string name, string? payload, CancellationToken ct);

    Task<bool> TerminateAsync(string id, string? reason, CancellationToken ct);

    Task<bool> SuspendAsync(string id, string? reason, CancellationToken ct);

    Task<bool> ResumeAsync(string id, string? reason, CancellationToken ct);

    Task<bool> RewindAsync(string id, string? reason, CancellationToken ct);

    /// <summary>How many instances were deleted.</summary>
    Task<int> PurgeAsync(string id, CancellationToken ct);

    Task<int> PurgeAllAsync(InstanceFilter filter, CancellationToken ct);

    /// <summary>The id of the instance that runs now; null when there is none to start again.</summary>
    /// <exception cref="InvalidOperationException">It still runs.</exception>
    Task<string?> RestartAsync(string id, bool withNewId, CancellationToken ct);

    /// <summary>False: the id is taken.</summary>
    /// <exception cref="ArgumentException">The id or name cannot be one.</exception>
    Task<bool> StartAsync(string name, string id, string? input, CancellationToken ct);

    /// <summary>Returns when the instance has ended.</summary>
    Task<InstanceSnapshot> WaitAsync(string id, CancellationToken ct);
}
