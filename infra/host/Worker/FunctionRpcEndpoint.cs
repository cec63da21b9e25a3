using System.Collections.Concurrent;
using Grpc.Core;
using Portal.Host.Rpc;
using RpcException = Grpc.Core.RpcException;

namespace Portal.Host.Worker;

/// <summary>Where workers connect: hands each stream to the channel that waits for that worker.</summary>
internal sealed class FunctionRpcEndpoint(WorkerChannels channels) : FunctionRpc.FunctionRpcBase
{
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream,
        ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)
            || requestStream.Current.ContentCase != StreamingMessage.ContentOneofCase.StartStream
            || channels.Take(requestStream.Current.StartStream.WorkerId) is not { } waiting)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "No such worker was started."));
        }

        waiting.Connected.TrySetResult();
        Task carrying;
        using (ExecutionContext.SuppressFlow())
        {
            // Without the log scope of this request, which every line of the worker would carry.
            carrying = Task.Run(
                () => waiting.Channel.CarryAsync(requestStream, responseStream, context.CancellationToken), CancellationToken.None);
        }

        await carrying;
    }
}

/// <summary>Channels by the id of the worker that is to open them; an id is good once.</summary>
internal sealed class WorkerChannels
{
    private readonly ConcurrentDictionary<string, (WorkerChannel Channel, TaskCompletionSource Connected)> waiting = new();

    /// <summary>Done when the worker has connected.</summary>
    public Task Expect(string workerId, WorkerChannel channel)
    {
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[workerId] = (channel, connected);
        return connected.Task;
    }

    public (WorkerChannel Channel, TaskCompletionSource Connected)? Take(string workerId) =>
        waiting.TryRemove(workerId, out var found) ? found : null;
}
