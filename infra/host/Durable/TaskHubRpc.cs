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
    : TaskHubGrpcServer(lifetime, loggers, hub.Service, hub.Client, Options.Create(new TaskHubGrpcServerOptions { Mode = TaskHubGrpcServerMode.ApiServerOnly }))
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
            throw new RpcException(new Status(StatusCode.AlreadyExists, $"An Orchestration instance with the ID {request.InstanceId} already exists."));
        }

        return new CreateInstanceResponse { InstanceId = id };
    }

    public override async Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, $"Cannot raise event {request.Name}");
        return await base.RaiseEvent(request, context);
    }

    public override async Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "Cannot terminate");
        return await base.TerminateInstance(request, context);
    }

    public override async Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "Cannot suspend");
        return await base.SuspendInstance(request, context);
    }

    public override async Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context)
    {
        await RequireRunningAsync(request.InstanceId, "Cannot resume");
        return await base.ResumeInstance(request, context);
    }

    /// <summary>The extension throws inside its service, so that a client learns no more than that: status Unknown.</summary>
    private async Task RequireRunningAsync(string instanceId, string what)
    {
        var state = await hub.Client.GetOrchestrationStateAsync(instanceId, executionId: null);
        if (state is null || !TaskHub.Taken.Contains(state.OrchestrationStatus))
        {
            var why = state is null ? "there is none" : $"its state is {state.OrchestrationStatus}";
            throw new RpcException(new Status(StatusCode.Unknown, $"{what} of instance {instanceId}: {why}."));
        }
    }
}
