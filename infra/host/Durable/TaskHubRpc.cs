using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Portal.Host.Durable;

/// <summary>
/// Durable's gRPC service, which clients in the worker speak to. Microsoft's sidecar answers; what Durable's extension answers otherwise
/// is answered here as there: a start under the id of a running instance, and signals to instances that are missing or have ended.
/// </summary>
internal sealed class TaskHubRpc(IHostApplicationLifetime lifetime, ILoggerFactory loggers, TaskHub hub)
    : TaskHubGrpcServer(
        lifetime, loggers, hub.Service, hub.Client, Options.Create(
            new TaskHubGrpcServerOptions { Mode = TaskHubGrpcServerMode.ApiServerOnly }))
{
    public override async Task<CreateInstanceResponse> StartInstance(CreateInstanceRequest request, ServerCallContext context)
    {
        var id = string.IsNullOrEmpty(request.InstanceId) ? Guid.NewGuid().ToString("N") : request.InstanceId;
        try
        {
            await hub.StartInstanceAsync(request.Name, id, request.Input, request.Version);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            throw new RpcException(
                new Status(StatusCode.AlreadyExists, $"An Orchestration instance with the ID {request.InstanceId} already exists."));
        }

        return new CreateInstanceResponse { InstanceId = id };
    }

    public override async Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, $"raise event {request.Name}", told: true);
        return await base.RaiseEvent(request, context);
    }

    public override async Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "terminate", told: true);
        return await base.TerminateInstance(request, context);
    }

    public override async Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "suspend", told: false);
        return await base.SuspendInstance(request, context);
    }

    public override async Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "resume", told: false);
        return await base.ResumeInstance(request, context);
    }

    /// <param name="told">
    /// True: the extension answers NotFound or FailedPrecondition. False: it throws inside its service, so that a client learns Unknown.
    /// </param>
    private async Task RequireRunningAsync(string instanceId, string what, bool told)
    {
        var state = await hub.Client.GetOrchestrationStateAsync(instanceId, executionId: null);
        if (state is not null && TaskHub.Taken.Contains(state.OrchestrationStatus))
        {
            return;
        }

        var code = !told ? StatusCode.Unknown : state is null ? StatusCode.NotFound : StatusCode.FailedPrecondition;
        var why = state is null ? "there is none" : $"its state is {state.OrchestrationStatus}";
        throw new RpcException(new Status(code, $"Cannot {what} at instance {instanceId}: {why}."));
    }
}
