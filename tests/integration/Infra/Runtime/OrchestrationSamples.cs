using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed record Order(string Id, int Count);

public sealed class OrchestrationSamples(TimeProvider clock)
{
    [Function("StartOrder")]
    public static async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "orders/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(client);
        await client.ScheduleNewOrchestrationInstanceAsync(
            "OrderFlow", new Order(id, 2), new StartOrchestrationOptions(InstanceId: id), ct);
        return Results.Accepted();
    }

    [Function("OrderFlow")]
    public static async Task<string> OrderFlow([OrchestrationTrigger] TaskOrchestrationContext context, Order input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        var packed = await context.CallActivityAsync<Order>("Pack", input);
        var names = await context.CallActivityAsync<string>("Describe", "plain text");
        var none = await context.CallActivityAsync<string>("TakesNothing");
        return $"{packed.Id} {packed.Count} | {names} | {none}";
    }

    // An instance method, its class made from the app's services.
    [Function("InstanceFlow")]
    public Task<bool> InstanceFlow([OrchestrationTrigger] TaskOrchestrationContext context, FunctionContext function)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(function);
        return Task.FromResult(clock.GetUtcNow() > DateTimeOffset.UnixEpoch && function.FunctionDefinition.Name == context.Name.Name);
    }

    [Function("FailingFlow")]
    public static Task FailingFlow([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.CallActivityAsync("Fails", "x");
    }

    [Function("Pack")]
    public static Order Pack([ActivityTrigger] Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return order with { Count = order.Count * 10 };
    }

    [Function("Describe")]
    public async Task<string> Describe(
        [ActivityTrigger] string text, TaskActivityContext activity, FunctionContext function, [DurableClient] DurableTaskClient client,
        CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(activity);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(client);
        var self = await client.GetInstanceAsync(activity.InstanceId, ct);
        return $"{text} {activity.Name.Name} of {self?.Name} "
            + $"{string.Join(',', function.FunctionDefinition.InputBindings.Values.Select(binding => binding.Type).Order())}";
    }

    [Function("TakesNothing")]
    public static ValueTask<string> TakesNothing([ActivityTrigger] FunctionContext function) =>
        ValueTask.FromResult(function?.FunctionDefinition.Name ?? "");

    [Function("NumberlessFlow")]
    public static Task<int> NumberlessFlow([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
#pragma warning disable DURABLE2001 // what the analyzer refuses at build, the worker refuses at run time
        return context.CallActivityAsync<int>("Doubles");
#pragma warning restore DURABLE2001
    }

    [Function("Doubles")]
    public static int Doubles([ActivityTrigger] int number) => number * 2;

    [Function("Fails")]
    public static void Fails([ActivityTrigger] string input) => throw new InvalidDataException($"bad {input}");
}
