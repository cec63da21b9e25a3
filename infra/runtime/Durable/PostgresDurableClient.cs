using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>
/// The client over the engine's tables. It answers as the worker's client over Durable's gRPC service in the Functions host does,
/// refusals included: an event or the end for an instance that is not there is <see cref="StatusCode.NotFound"/>, for one that has
/// ended <see cref="StatusCode.FailedPrecondition"/>; a suspend or resume that does not fit fails without a reason
/// (<see cref="StatusCode.Unknown"/>). Starting an id that is pending, running or suspended throws
/// <see cref="OrchestrationAlreadyExistsException"/>; a finished one starts anew.
/// </summary>
internal sealed class PostgresDurableClient(
    DurableOperations operations, DurableEngineOptions options) : DurableTaskClient(options.HubName)
{
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        var created = await AskAsync(() => operations.StartAsync(
            orchestratorName.Name, id, DurableJson.Converter.Serialize(input), options?.StartAt?.UtcDateTime, Version(options),
            Tags(options), RefuseMask(options),
            cancellation));
        return created ? id : throw new OrchestrationAlreadyExistsException($"An orchestration with id '{id}' already exists.");
    }

    public override async Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var raised = new EventRaised(eventName, DurableJson.Converter.Serialize(eventPayload));
        if (!await AskAsync(() => operations.SendAsync(instanceId, raised, cancellation)))
        {
            throw await NotRunningAsync(instanceId, cancellation);
        }
    }

    public override async Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var view = await FindAsync(instanceId, cancellation);
        if (view is not { Status: OrchestrationRuntimeStatus.Running or OrchestrationRuntimeStatus.Pending }
            || !await AskAsync(() => operations.SendAsync(instanceId, new ExecutionSuspended(reason), cancellation)))
        {
            throw Unexplained();
        }
    }

    public override async Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var view = await FindAsync(instanceId, cancellation);
        if (view is not { Status: OrchestrationRuntimeStatus.Suspended } and not { QuarantineReason: not null }
            || !await AskAsync(() => operations.ResumeAsync(instanceId, reason, cancellation)))
        {
            throw Unexplained();
        }
    }

    public override async Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var output = DurableJson.Converter.Serialize(options?.Output);
        if (!await AskAsync(() => operations.TerminateAsync(instanceId, output, options?.Recursive ?? false, cancellation)))
        {
            throw await NotRunningAsync(instanceId, cancellation);
        }
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Metadata(
            await operations.WaitAsync(
                instanceId, view => view.Status != OrchestrationRuntimeStatus.Pending, cancellation), getInputsAndOutputs);

    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Metadata(await operations.WaitAsync(instanceId, view => view.IsOver, cancellation), getInputsAndOutputs);

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await FindAsync(instanceId, cancellation) is { } view ? Metadata(view, getInputsAndOutputs) : null;

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        Pageable.Create(async (continuation, pageSize, cancellation) =>
        {
            var size = pageSize ?? filter?.PageSize ?? OrchestrationQuery.DefaultPageSize;
            var views = await operations.Query.ListAsync(
                new()
                {
                    CreatedFrom = filter?.CreatedFrom,
                    CreatedTo = filter?.CreatedTo,
                    Statuses = filter?.Statuses?.ToList(),
                    IdPrefix = filter?.InstanceIdPrefix,
                    After = long.TryParse(continuation ?? filter?.ContinuationToken, CultureInfo.InvariantCulture, out var after)
                        ? after
                        : 0,
                    Limit = size,
                },
                cancellation);
            return new Page<OrchestrationMetadata>(
                [.. views.Select(view => Metadata(view, filter?.FetchInputsAndOutputs ?? false))],
                views.Count == size ? views[^1].Key.ToString(CultureInfo.InvariantCulture) : null);
        });

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await operations.PurgeAsync(instanceId, options?.Recursive ?? false, cancellation), true);

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await operations.PurgeAllAsync(
            new() { CreatedFrom = filter.CreatedFrom, CreatedTo = filter.CreatedTo, Statuses = filter.Statuses?.ToList() },
            options?.Recursive ?? false, cancellation), true);

    public override async Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default) =>
        await operations.RestartAsync(instanceId, restartWithNewInstanceId, cancellation)
            ?? throw new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId));

    public override async Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default)
    {
        if (!await operations.RewindAsync(instanceId, reason, cancellation))
        {
            throw await FindAsync(instanceId, cancellation) is null
                ? new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId))
                : new InvalidOperationException("The rewind operation is only supported on failed orchestration instances.");
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A database that is away is a host that does not answer.</summary>
    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (NpgsqlException away) when (away.IsTransient)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, away.Message, away));
        }
    }

    private Task<InstanceSnapshot?> FindAsync(string id, CancellationToken ct) => AskAsync(() => operations.Query.FindAsync(id, ct));

    private async Task<RpcException> NotRunningAsync(string id, CancellationToken ct) => new(await FindAsync(id, ct) is null
        ? new Status(StatusCode.NotFound, $"No instance with ID '{id}' was found.")
        : new Status(StatusCode.FailedPrecondition, "The orchestration instance with the provided instance id is not running."));

    // The host's service does not catch what it throws at these, and gRPC tells nobody more than this.
    private static RpcException Unexplained() => new(new Status(StatusCode.Unknown, "Exception was thrown by handler."));

    private static OrchestrationMetadata Metadata(InstanceSnapshot view, bool inputsAndOutputs) => new(view.Name, view.Id)
    {
        DataConverter = inputsAndOutputs ? DurableJson.Converter : null,
        RuntimeStatus = view.Status,
        CreatedAt = view.CreatedAt,
        LastUpdatedAt = view.UpdatedAt,
        SerializedInput = inputsAndOutputs ? view.Input : null,
        SerializedOutput = inputsAndOutputs ? view.Output : null,
        SerializedCustomStatus = inputsAndOutputs ? view.CustomStatus : null,

        // Asked for like outputs, and without what was inside.
        FailureDetails = inputsAndOutputs && view.Failure is { } failure
            ? new TaskFailureDetails(failure.Type, failure.Message, failure.Stack, null, null)
            : null,
        Tags = view.Tags is { } tags
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(tags)!
            : ImmutableDictionary<string, string>.Empty,
    };

    private static string? Version(StartOrchestrationOptions? options) =>
        options?.Version is { Version: { Length: > 0 } version } ? version : null;

    private static string? Tags(StartOrchestrationOptions? options) =>
        options?.Tags is { Count: > 0 } tags ? JsonSerializer.Serialize(tags) : null;

    private static int RefuseMask(StartOrchestrationOptions? options) => (options?.DedupeStatuses ?? [])
        .Select(status => Enum.TryParse<OrchestrationRuntimeStatus>(status, ignoreCase: true, out var parsed)
            ? 1 << (int)parsed
            : throw new ArgumentException($"'{status}' is not an orchestration status.", nameof(options)))
        .Aggregate(0, (mask, bit) => mask | bit);
}
