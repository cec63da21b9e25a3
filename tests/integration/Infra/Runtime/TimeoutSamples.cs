using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Functions that take too long, some of which hear that they are to stop.</summary>
public sealed class TimeoutSamples(TimeoutSamples.Runs runs)
{
    [Function("Patient")]
    public async Task<IResult> Patient([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, CancellationToken ct)
    {
        await runs.WaitAsync(ct);
        return Results.Text("late");
    }

    [Function("Deaf")]
    public async Task<IResult> Deaf([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
    {
        await runs.WaitAsync(CancellationToken.None);
        return Results.Text("late");
    }

    [Function("Quick")]
    public static IResult Quick([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text("quick");

    [Function("SlowTimer")]
    public Task SlowTimer([TimerTrigger("0 0 0 1 1 *")] TimerInfo timer, CancellationToken ct) => runs.WaitAsync(ct);

    [Function("SlowFlow")]
    public static Task SlowFlow([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.CallActivityAsync("SlowStep", "x");
    }

    [Function("SlowStep")]
    public Task SlowStep([ActivityTrigger] string input, CancellationToken ct) => runs.WaitAsync(ct);

    public sealed class Runs
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task WaitAsync(CancellationToken ct)
        {
            Entered.TrySetResult();
            try
            {
                await Released.Task.WaitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                Cancelled.TrySetResult();
                throw;
            }
        }
    }
}
