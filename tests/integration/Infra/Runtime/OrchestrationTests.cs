using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Hosting;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class OrchestrationTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    [Fact]
    public async Task Orchestrators_and_activities_are_bound_like_on_the_worker()
    {
        await using var host = await StartAsync(_ => { });
        Assert.Equal("202 ", await host.SendAsync(HttpMethod.Post, "/orders/order-1"));
        var done = await WaitAsync(host, "order-1");
        Assert.Equal(
            "order-1 20 | plain text Describe of OrderFlow activityTrigger,durableClient | TakesNothing", done.ReadOutputAs<string>());
        Assert.Contains("\"Count\":2", done.SerializedInput, StringComparison.Ordinal);
        Assert.Single(host.Log.With("Describe takes a TaskActivityContext, which Azure binds only"));
    }

    [Fact]
    public async Task Orchestrator_may_be_an_instance_method()
    {
        await using var host = await StartAsync(_ => { });
        Assert.True((await RunAsync(host, "InstanceFlow")).ReadOutputAs<bool>());
    }

    [Fact]
    public async Task Middleware_wraps_orchestrators_and_activities_and_is_told_them_apart_by_trigger()
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var host = await StartAsync(app =>
        {
            app.UseWhen(context => !Has(context, "orchestrationTrigger"), async (context, next) =>
            {
                await Task.Yield();
                seen.Enqueue($"async {context.FunctionDefinition.Name}");
                await next();
            });
            app.UseWhen(context => Has(context, "orchestrationTrigger"), (context, next) =>
            {
                seen.Enqueue($"sync {context.FunctionDefinition.Name}");
                return next();
            });
        });
        var done = await RunAsync(host, "FailingFlow");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains("async Fails", seen);
        Assert.Contains("sync FailingFlow", seen);
        Assert.DoesNotContain("async FailingFlow", seen);
    }

    [Fact]
    public async Task Middleware_that_waits_before_an_orchestrator_fails_it_with_a_clear_message()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? afterwards = null;
        await using var host = await StartAsync(app => app.UseMiddleware(async (context, next) =>
        {
            if (!Has(context, "orchestrationTrigger"))
            {
                await next();
                return;
            }

            await entered.Task.ConfigureAwait(false);
            afterwards = await Record.ExceptionAsync(next);
            late.TrySetResult();
        }));
        var done = await RunAsync(host, "FailingFlow");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.Contains(
            "An invalid asynchronous invocation was detected in orchestrator 'FailingFlow'", done.FailureDetails?.ErrorMessage,
            StringComparison.Ordinal);

        // What was given up must not run the orchestrator behind the engine's back.
        entered.SetResult();
        await late.Task;
        Assert.IsType<OperationCanceledException>(afterwards);
        Assert.Empty(host.Log.With("bad x"));
    }

    [Fact]
    public async Task Failed_activity_is_logged_once_by_name_and_fails_its_caller()
    {
        await using var host = await StartAsync(_ => { });
        var done = await RunAsync(host, "FailingFlow");
        Assert.Equal(typeof(TaskFailedException).FullName, done.FailureDetails?.ErrorType);
        Assert.Single(host.Log.With("Error Microsoft.Azure.Functions.Worker.FunctionsApplication: Function 'Fails', Invocation id"));
    }

    [Fact]
    public async Task An_activity_that_needs_a_number_and_gets_nothing_fails()
    {
        await using var host = await StartAsync(_ => { });
        var done = await RunAsync(host, "NumberlessFlow");
        Assert.Contains("no input is no System.Int32", done.FailureDetails?.ErrorMessage, StringComparison.Ordinal);
    }

    private static bool Has(FunctionContext context, string trigger) =>
        context.FunctionDefinition.InputBindings.Values.Any(binding => binding.Type == trigger);

    private static async Task<OrchestrationMetadata> RunAsync(RuntimeHost host, string name) =>
        await WaitAsync(host, await host.Host.DurableClient.ScheduleNewOrchestrationInstanceAsync(name));

    private static async Task<OrchestrationMetadata> WaitAsync(RuntimeHost host, string instance)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await host.Host.DurableClient.WaitForInstanceCompletionAsync(instance, getInputsAndOutputs: true, limit.Token);
    }

    private Task<RuntimeHost> StartAsync(Action<IFunctionsWorkerApplicationBuilder> app) =>
        RuntimeHost.StartAsync(database, new RuntimeHost.Setup { Functions = [typeof(OrchestrationSamples)], App = app });
}
