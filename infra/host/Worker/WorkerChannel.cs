using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Portal.Host.Rpc;
using RpcException = Grpc.Core.RpcException;

namespace Portal.Host.Worker;

/// <summary>
/// The conversation with one worker process, over the stream that it opened: start, functions, then invocations by id until either side
/// ends. Everything that waits for an answer when the stream ends gets a <see cref="WorkerExitedException"/>.
/// </summary>
internal sealed class WorkerChannel(string appFolder, ILoggerFactory loggers)
{
    // What the host says of itself; the worker only reads that it is version 4.
    private const string HostVersion = "4.1040.0";

    private readonly Channel<StreamingMessage> outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InvocationResponse>> invocations = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<FunctionLoadResponse>> loads = new();
    private readonly TaskCompletionSource<WorkerInitResponse> initialised = NewAnswer<WorkerInitResponse>();
    private readonly TaskCompletionSource<FunctionMetadataResponse> described = NewAnswer<FunctionMetadataResponse>();
    private volatile bool isOver;

    /// <summary>Where the worker's own web server takes forwarded requests.</summary>
    public Uri HttpUri { get; private set; } = null!;

    /// <summary>Introduces the host and loads every function.</summary>
    /// <exception cref="WorkerExitedException">The worker went away, or refused.</exception>
    public async Task<IReadOnlyList<AppFunction>> StartAsync(CancellationToken ct)
    {
        Send(
            new()
            {
                WorkerInitRequest = new() { HostVersion = HostVersion, WorkerDirectory = appFolder, FunctionAppDirectory = appFolder },
            });
        var init = await initialised.Task.WaitAsync(ct);
        Check(init.Result, "did not initialise");
        HttpUri = new Uri(init.Capabilities.TryGetValue("HttpUri", out var uri)
            ? uri
            : throw new WorkerExitedException(
                "The worker names no address to forward requests to: ConfigureFunctionsWebApplication is missing."));

        Send(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = appFolder } });
        var metadata = await described.Task.WaitAsync(ct);
        Check(metadata.Result, "did not list its functions");
        var functions = metadata.FunctionMetadataResults.Select(AppFunction.Read).ToList();
        await Task.WhenAll(functions.Select(function => LoadAsync(function, ct)));
        return functions;
    }

    /// <summary>Runs a function; its failure is in the answer.</summary>
    /// <exception cref="WorkerExitedException">The worker went away meanwhile; whether the function ran is not known.</exception>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken ct)
    {
        var answer = NewAnswer<InvocationResponse>();
        invocations[request.InvocationId] = answer;
        try
        {
            if (isOver)
            {
                throw new WorkerExitedException("The worker process has ended.");
            }

            Send(new() { InvocationRequest = request });
            await using var cancel = ct.Register(() => Send(new() { InvocationCancel = new() { InvocationId = request.InvocationId } }));
            return await answer.Task;
        }
        finally
        {
            invocations.TryRemove(request.InvocationId, out _);
        }
    }

    /// <summary>Asks the worker to end by itself.</summary>
    public void Terminate(TimeSpan grace) => Send(new() { WorkerTerminate = new() { GracePeriod = Duration.FromTimeSpan(grace) } });

    /// <summary>Carries messages both ways until the stream ends.</summary>
    public async Task CarryAsync(
        IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> stream, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(stream, over.Token);
        try
        {
            await foreach (var message in incoming.ReadAllAsync(over.Token))
            {
                Take(message);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or RpcException)
        {
            // The process is gone; what it owed is settled below.
        }
        finally
        {
            await over.CancelAsync();
            await writing;
            End("The worker process has ended.");
        }
    }

    /// <summary>No answer will come any more.</summary>
    public void End(string reason)
    {
        isOver = true;
        var exited = new WorkerExitedException(reason);
        initialised.TrySetException(exited);
        described.TrySetException(exited);
        foreach (var load in loads.Values)
        {
            load.TrySetException(exited);
        }

        foreach (var invocation in invocations.Values)
        {
            invocation.TrySetException(exited);
        }
    }

    private async Task LoadAsync(AppFunction function, CancellationToken ct)
    {
        var answer = loads[function.Id] = NewAnswer<FunctionLoadResponse>();
        Send(new() { FunctionLoadRequest = new() { FunctionId = function.Id, Metadata = function.Metadata } });
        Check((await answer.Task.WaitAsync(ct)).Result, $"did not load {function.Name}");
    }

    private void Send(StreamingMessage message)
    {
        message.RequestId = Guid.NewGuid().ToString();
        outgoing.Writer.TryWrite(message);
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> stream, CancellationToken ct)
    {
        try
        {
            await foreach (var message in outgoing.Reader.ReadAllAsync(ct))
            {
                await stream.WriteAsync(message, ct);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or InvalidOperationException or RpcException)
        {
            // The stream is over: reading has noticed as well.
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.RpcLog:
                WorkerLog.Write(loggers, message.RpcLog);
                break;
            case StreamingMessage.ContentOneofCase.WorkerInitResponse:
                initialised.TrySetResult(message.WorkerInitResponse);
                break;
            case StreamingMessage.ContentOneofCase.FunctionMetadataResponse:
                described.TrySetResult(message.FunctionMetadataResponse);
                break;
            case StreamingMessage.ContentOneofCase.FunctionLoadResponse
                when loads.TryGetValue(message.FunctionLoadResponse.FunctionId, out var load):
                load.TrySetResult(message.FunctionLoadResponse);
                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse
                when invocations.TryGetValue(message.InvocationResponse.InvocationId, out var invocation):
                invocation.TrySetResult(message.InvocationResponse);
                break;
            default:
                // An answer that nobody waits for any more.
                break;
        }
    }

    private static void Check(StatusResult? result, string what)
    {
        if (result?.Status is StatusResult.Types.Status.Failure)
        {
            throw new WorkerExitedException($"The worker {what}: {result.Exception?.Message ?? result.Result}");
        }
    }

    // Answers arrive on the reading loop, which must not run what waited for them.
    private static TaskCompletionSource<T> NewAnswer<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
