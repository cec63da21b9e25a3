using System.Text.Json;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Core.Middleware;
using Google.Protobuf;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Portal.Host.Rpc;
using Portal.Host.Worker;
using OrchestratorRequest = Microsoft.DurableTask.Protobuf.OrchestratorRequest;
using OrchestratorResponse = Microsoft.DurableTask.Protobuf.OrchestratorResponse;

namespace Portal.Host.Durable;

/// <summary>
/// Has the worker run orchestrators and activities, in the shapes of Durable's extension: an orchestrator gets its whole history (base64
/// of an OrchestratorRequest) and answers with what to do next (base64 of an OrchestratorResponse); an activity gets its input's JSON.
/// A worker that goes away aborts the work item, and the engine hands it out again.
/// </summary>
internal sealed class RemoteExecution(Invoker invoker)
{
    public async Task RunOrchestratorAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        var state = context.GetProperty<OrchestrationRuntimeState>();
        var instance = context.GetProperty<OrchestrationInstance>();
        context.SetProperty(await RunOrchestratorAsync(state, instance));
    }

    public async Task RunActivityAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        var scheduled = context.GetProperty<TaskScheduledEvent>();
        var instance = context.GetProperty<OrchestrationInstance>();
        context.SetProperty(new ActivityExecutionResult { ResponseEvent = await RunActivityAsync(scheduled, instance) });
    }

    private async Task<OrchestratorExecutionResult> RunOrchestratorAsync(OrchestrationRuntimeState state, OrchestrationInstance instance)
    {
        if (await invoker.FindAsync(state.Name, "orchestrationTrigger") is not { } function)
        {
            return Failed($"The orchestrator function '{state.Name}' doesn't exist, is disabled, or is not an orchestrator function.");
        }

        var request = new OrchestratorRequest { InstanceId = instance.InstanceId, ExecutionId = instance.ExecutionId };
        request.PastEvents.AddRange(state.PastEvents.Select(ProtobufUtils.ToHistoryEventProto));
        request.NewEvents.AddRange(state.NewEvents.Select(ProtobufUtils.ToHistoryEventProto));
        var answer = await InvokeAsync(function, request.ToByteString().ToBase64(), instance);
        if (answer.Result.Status == StatusResult.Types.Status.Failure)
        {
            return Failed(answer.Result.Exception?.Message ?? "The orchestrator failed without a reason.");
        }

        var response = OrchestratorResponse.Parser.ParseFrom(ByteString.FromBase64(answer.ReturnValue.String));
        return new()
        {
            Actions = response.Actions.Select(ProtobufUtils.ToOrchestratorAction).ToArray(),
            CustomStatus = response.CustomStatus,
        };
    }

    private async Task<HistoryEvent> RunActivityAsync(TaskScheduledEvent scheduled, OrchestrationInstance instance)
    {
        if (await invoker.FindAsync(scheduled.Name!, "activityTrigger") is not { } function)
        {
            var missing = $"The activity function '{scheduled.Name}' doesn't exist, is disabled, or is not an activity function.";
            return new TaskFailedEvent(
                -1, scheduled.EventId, missing, null, new FailureDetails("ActivityNotFound", missing, null, null, true));
        }

        var answer = await InvokeAsync(function, OnlyElement(scheduled.Input), instance);
        return answer.Result.Status == StatusResult.Types.Status.Failure
            ? new TaskFailedEvent(
                -1, scheduled.EventId, $"Function '{scheduled.Name}' failed with an unhandled exception.", null,
                ActivityFailure.Of(answer.Result.Exception))
            : new TaskCompletedEvent(-1, scheduled.EventId, Serialised(answer.ReturnValue));
    }

    private async Task<InvocationResponse> InvokeAsync(AppFunction function, string? input, OrchestrationInstance instance)
    {
        try
        {
            return await invoker.InvokeAsync(
                function, input is null
                    ? new TypedData()
                    : new TypedData { String = input }, new() { ["instanceId"] = instance.InstanceId });
        }
        catch (WorkerExitedException exited)
        {
            throw new SessionAbortedException(exited.Message);
        }
    }

    /// <summary>Durable serialises an activity's one input as an array of one.</summary>
    private static string? OnlyElement(string? input)
    {
        if (input is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(input);
        return document.RootElement is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() == 1
            ? array[0].GetRawText()
            : input;
    }

    private static string? Serialised(TypedData? value) => value?.DataCase switch
    {
        TypedData.DataOneofCase.Json => value.Json,
        TypedData.DataOneofCase.String => JsonSerializer.Serialize(value.String),
        TypedData.DataOneofCase.Int => JsonSerializer.Serialize(value.Int),
        TypedData.DataOneofCase.Double => JsonSerializer.Serialize(value.Double),
        _ => null,
    };

    private static OrchestratorExecutionResult Failed(string message) => OrchestratorExecutionResult.ForFailure(message, details: null);
}
