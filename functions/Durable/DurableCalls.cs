using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Faults;
using Portal.Foundation.Telemetry;

namespace Portal.Functions.Durable;

/// <summary>What calls through Durable's client come to, in the app's words. The client speaks gRPC to the Functions host.</summary>
internal static class DurableCalls
{
    /// <exception cref="TransientException">
    /// The host did not do it. Why cannot be told: its storage being away is "unknown" or "internal" as much as any other failure there.
    /// </exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call();
        }
        catch (RpcException e)
        {
            throw new TransientException($"Durable does not answer ({e.StatusCode})", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            // How the client tells that the host cut the call off.
            throw new TransientException("Durable cut the call off", e);
        }
    }

    /// <summary>
    /// Starts an instance unless one of that id is or was there: Durable would start one that has ended over, under the same id. Whether
    /// work still needs one is for its row to say.
    /// </summary>
    /// <param name="work">What it works on: upload job, delivery, erasure, export. Traces of who started it lead there.</param>
    /// <inheritdoc cref="AskAsync"/>
    public static async Task<StartedOnce> StartOnceAsync(
        this DurableTaskClient durable, string orchestration, Guid work, string instanceId, object input, CancellationToken ct)
    {
        if (await AskAsync(() => durable.GetInstanceAsync(instanceId, ct), ct) is { } found)
        {
            return found.IsCompleted ? StartedOnce.Ended : StartedOnce.Running;
        }

        await durable.StartNewAsync(orchestration, work, instanceId, input, ct);
        return StartedOnce.Running;
    }

    /// <summary>Starts an instance whose id nobody has used before, without looking whether it is there.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public static async Task StartNewAsync(
        this DurableTaskClient durable, string orchestration, Guid work, string instanceId, object input, CancellationToken ct)
    {
        PortalTrace.Link(work);
        try
        {
            var options = new StartOrchestrationOptions(InstanceId: instanceId);
            await AskAsync(() => durable.ScheduleNewOrchestrationInstanceAsync(orchestration, input, options, ct), ct);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Somebody was faster: it runs, which is what we want.
        }
    }

    /// <summary>Sends something to an instance. One that is not there, or ended while we looked, has nothing to be told.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public static Task SendAsync(Func<Task> call, CancellationToken ct) => AskAsync(
        async () =>
        {
            try
            {
                await call();
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
            {
                return false;
            }

            return true;
        },
        ct);
}
