using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Moq;

namespace Portal.Tests.Unit.Packages;

/// <summary>What the worker's own extensions do, which the local runtime and the app's middleware build on.</summary>
public sealed class WorkerBaseClassTests
{
    [Fact]
    public async Task Middleware_is_a_singleton_taken_from_the_invocations_services_each_time()
    {
        var app = new Pipeline();
        app.UseMiddleware<Counting>();
        await using var services = app.Services.BuildServiceProvider();

        await app.RunAsync(ContextWith(services));
        await app.RunAsync(ContextWith(services));

        Assert.Equal(2, services.GetRequiredService<Counting>().Calls);
    }

    [Fact]
    public async Task Conditional_middleware_is_passed_by_when_its_condition_fails()
    {
        var app = new Pipeline();
        var wanted = false;
        var inline = 0;
        app.UseWhen<Counting>(_ => wanted);
        app.UseWhen(_ => wanted, (_, next) =>
        {
            inline++;
            return next();
        });
        await using var services = app.Services.BuildServiceProvider();

        await app.RunAsync(ContextWith(services));
        wanted = true;
        await app.RunAsync(ContextWith(services));

        Assert.Equal((1, 1, 2), (services.GetRequiredService<Counting>().Calls, inline, app.Executions));
    }

    [Fact]
    public void Http_context_is_looked_for_among_the_items_of_the_invocation()
    {
        var http = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        var items = new Dictionary<object, object>();
        var context = Mock.Of<FunctionContext>(invocation => invocation.Items == items);

        Assert.Null(context.GetHttpContext());
        items["HttpRequestContext"] = http;
        Assert.Same(http, context.GetHttpContext());
    }

    private static FunctionContext ContextWith(IServiceProvider services) =>
        Mock.Of<FunctionContext>(context => context.InstanceServices == services);

    private sealed class Counting : IFunctionsWorkerMiddleware
    {
        public int Calls { get; private set; }

        public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            Calls++;
            return next(context);
        }
    }

    private sealed class Pipeline : IFunctionsWorkerApplicationBuilder
    {
        private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware = [];

        public IServiceCollection Services { get; } = new ServiceCollection();

        public int Executions { get; private set; }

        public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
        {
            this.middleware.Add(middleware);
            return this;
        }

        public Task RunAsync(FunctionContext context)
        {
            FunctionExecutionDelegate function = _ =>
            {
                Executions++;
                return Task.CompletedTask;
            };
            return Enumerable.Reverse(middleware).Aggregate(function, (next, wrap) => wrap(next))(context);
        }
    }
}
