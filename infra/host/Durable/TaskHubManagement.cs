using System.Text.Json;
using System.Text.Json.Nodes;
using DurableTask.AzureStorage;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Core.Query;
using Microsoft.DurableTask.Client;
using Portal.Runtime.Durable;
using HistoryEvent = DurableTask.Core.History.HistoryEvent;
using OrchestrationQuery = DurableTask.Core.Query.OrchestrationQuery;

namespace Portal.Host.Durable;

/// <summary>Microsoft's engine behind Durable's management routes.</summary>
internal sealed class TaskHubManagement(TaskHub hub) : IInstanceManagement
{
    public string HubName => hub.Name;

    private AzureStorageOrchestrationService Service => hub.Service;

    public async Task<InstanceSnapshot?> FindAsync(string id, CancellationToken ct) =>
        await hub.Client.GetOrchestrationStateAsync(id, executionId: null) is { } state ? View(state) : null;

    public async Task<(IReadOnlyList<InstanceSnapshot> Page, string? Continuation)> ListAsync(
        InstanceFilter filter, string? continuation, CancellationToken ct)
    {
        var found = await ((IOrchestrationServiceQueryClient)Service).GetOrchestrationWithQueryAsync(
            new OrchestrationQuery
            {
                InstanceIdPrefix = filter.IdPrefix,
                CreatedTimeFrom = filter.CreatedFrom?.UtcDateTime,
                CreatedTimeTo = filter.CreatedTo?.UtcDateTime,
                RuntimeStatus = Statuses(filter),
                PageSize = filter.Limit,
                ContinuationToken = continuation,
                FetchInputsAndOutputs = true,
            },
            ct);
        return ([.. found.OrchestrationState.Select(View)], found.ContinuationToken is { Length: > 0 } next ? next : null);
    }

    public async Task<JsonArray> HistoryAsync(InstanceSnapshot instance, bool showInput, bool showOutput, CancellationToken ct) =>
        RecordedHistory.Of(instance, await Service.GetOrchestrationHistoryAsync(instance.Id, null), showInput, showOutput);

    public Task<bool> RaiseEventAsync(string id, string name, string? payload, CancellationToken ct) =>
        SendAsync(id, new EventRaisedEvent(-1, payload) { Name = name });

    public async Task<bool> TerminateAsync(string id, string? reason, CancellationToken ct)
    {
        if (!await IsRunningAsync(id))
        {
            return false;
        }

        await hub.Client.ForceTerminateTaskOrchestrationAsync(id, JsonSerializer.Serialize(reason ?? ""));
        return true;
    }

    public Task<bool> SuspendAsync(string id, string? reason, CancellationToken ct) =>
        SendAsync(id, new ExecutionSuspendedEvent(-1, reason));

    public Task<bool> ResumeAsync(string id, string? reason, CancellationToken ct) => SendAsync(id, new ExecutionResumedEvent(-1, reason));

    public async Task<bool> RewindAsync(string id, string? reason, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { Status: OrchestrationRuntimeStatus.Failed })
        {
            return false;
        }

        await Service.RewindTaskOrchestrationAsync(id, reason ?? "");
        return true;
    }

    public async Task<int> PurgeAsync(string id, CancellationToken ct) =>
        (await ((IOrchestrationServicePurgeClient)Service).PurgeInstanceStateAsync(id)).DeletedInstanceCount;

    public async Task<int> PurgeAllAsync(InstanceFilter filter, CancellationToken ct) =>
        (await ((IOrchestrationServicePurgeClient)Service).PurgeInstanceStateAsync(
            new PurgeInstanceFilter(
                filter.CreatedFrom!.Value.UtcDateTime, filter.CreatedTo?.UtcDateTime, Statuses(filter)))).DeletedInstanceCount;

    public async Task<string?> RestartAsync(string id, bool withNewId, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { } found)
        {
            return null;
        }

        var newId = withNewId ? Guid.NewGuid().ToString("N") : id;
        return await StartAsync(found.Name, newId, found.Input, ct)
            ? newId
            : throw new InvalidOperationException($"Instance '{id}' cannot be restarted because it is still running.");
    }

    public async Task<bool> StartAsync(string name, string id, string? input, CancellationToken ct)
    {
        try
        {
            await hub.StartInstanceAsync(name, id, input);
            return true;
        }
        catch (OrchestrationAlreadyExistsException)
        {
            return false;
        }
    }

    public async Task<InstanceSnapshot> WaitAsync(string id, CancellationToken ct) =>
        View(await hub.Client.WaitForOrchestrationAsync(id, executionId: null, Timeout.InfiniteTimeSpan, ct));

    private async Task<bool> SendAsync(string id, HistoryEvent message)
    {
        if (!await IsRunningAsync(id))
        {
            return false;
        }

        await hub.Client.SendTaskOrchestrationMessageAsync(
            new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = id }, Event = message });
        return true;
    }

    private async Task<bool> IsRunningAsync(string id) => await FindAsync(id, CancellationToken.None) is { IsOver: false };

    private static List<OrchestrationStatus>? Statuses(InstanceFilter filter) =>
        filter.Statuses is { } wanted ? [.. wanted.Select(status => Enum.Parse<OrchestrationStatus>(status.ToString()))] : null;

    private static InstanceSnapshot View(OrchestrationState state) => new(
        state.OrchestrationInstance.InstanceId,
        state.Name,
        Enum.Parse<OrchestrationRuntimeStatus>(state.OrchestrationStatus.ToString()),
        state.CreatedTime,
        state.LastUpdatedTime,
        Key: 0,
        Owner: 0,
        Lanes.Of(Enum.Parse<OrchestrationRuntimeStatus>(state.OrchestrationStatus.ToString())),
        QuarantineReason: null)
    {
        Input = state.Input,
        Output = state.Output,
        CustomStatus = state.Status,
    };
}
