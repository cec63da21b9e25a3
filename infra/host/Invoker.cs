using System.Diagnostics;
using Portal.Host.Rpc;
using Portal.Host.Worker;

namespace Portal.Host;

/// <summary>Runs functions in the worker, whatever triggered them.</summary>
internal sealed class Invoker(WorkerSupervisor workers, Uri rpc, Uri app, string hubName)
{
    /// <summary>The function of that name and kind of trigger, once a worker is ready.</summary>
    public async Task<AppFunction?> FindAsync(string name, string trigger) =>
        (await workers.ReadyAsync(CancellationToken.None)).Functions.FirstOrDefault(
            function => function.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && function.IsTriggeredBy(trigger));

    /// <param name="function">What to run.</param>
    /// <param name="trigger">The trigger parameter's value.</param>
    /// <param name="metadata">What else is known of the trigger, for binding by name.</param>
    /// <param name="invocationId">Where the caller needs to know it.</param>
    /// <param name="ct">Cancels the token that the function was given.</param>
    /// <exception cref="WorkerExitedException">The worker went away meanwhile.</exception>
    public async Task<InvocationResponse> InvokeAsync(
        AppFunction function, TypedData trigger, Dictionary<string, string> metadata, string? invocationId = null,
        CancellationToken ct = default)
    {
        var worker = await workers.ReadyAsync(ct);
        var request = new InvocationRequest
        {
            InvocationId = invocationId ?? Guid.NewGuid().ToString(),
            FunctionId = function.Id,
            // The worker reads it unasked.
            TraceContext = new RpcTraceContext
            {
                TraceParent = Activity.Current?.Id ?? $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00",
                TraceState = Activity.Current?.TraceStateString ?? "",
            },
        };
        request.InputData.Add(new ParameterBinding { Name = function.Trigger.Name, Data = trigger });
        foreach (var client in function.DurableClients)
        {
            request.InputData.Add(new ParameterBinding { Name = client.Name, Data = new TypedData { String = DurableClient() } });
        }

        foreach (var (name, value) in metadata)
        {
            request.TriggerMetadata[name] = new TypedData { String = value };
        }

        return await worker.Channel.InvokeAsync(request, ct);
    }

    /// <summary>How a function finds Durable's gRPC service and management routes, in the words of Durable's extension.</summary>
    private string DurableClient() => System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["taskHubName"] = hubName,
        ["connectionName"] = "Storage",
        ["rpcBaseUrl"] = rpc.ToString(),
        ["httpBaseUrl"] = new Uri(app, "/runtime/webhooks/durabletask").ToString(),
        ["requiredQueryStringParameters"] = "code=",
        ["maxGrpcMessageSizeInBytes"] = int.MaxValue,
        ["grpcHttpClientTimeout"] = "\"00:01:40\"",
    });
}
