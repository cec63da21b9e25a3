using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class MiddlewareTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task Middleware_runs_in_order_around_the_function_before_the_result_is_executed()
    {
        var seen = new List<string>();
        await using var host = await StartAsync(app =>
        {
            app.UseMiddleware(async (context, next) =>
            {
                seen.Add("outer in");
                await next();
                seen.Add($"outer out, started: {context.GetHttpContext()!.Response.HasStarted}");
                context.GetHttpContext()!.Response.Headers["X-Late"] = "yes";
            });
            app.UseMiddleware(async (_, next) =>
            {
                seen.Add("inner in");
                await next();
                seen.Add("inner out");
            });
        });

        using var response = await host.Http.GetAsync(new Uri("/DefaultRoute", UriKind.Relative));

        Assert.Equal(["outer in", "inner in", "inner out", "outer out, started: False"], seen);
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("X-Late")));
        Assert.Equal("default", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Middleware_may_answer_instead_of_the_function()
    {
        await using var host = await StartAsync(app => app.UseMiddleware(async (context, _) =>
        {
            context.GetHttpContext()!.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.GetHttpContext()!.Response.WriteAsync("not you");
        }));
        Assert.Equal("403 not you", await host.GetAsync("/DefaultRoute"));
    }

    [Fact]
    public async Task Middleware_may_turn_an_exception_into_an_answer()
    {
        await using var host = await StartAsync(app => app.UseMiddleware(async (context, next) =>
        {
            try
            {
                await next();
            }
            catch (InvalidDataException)
            {
                context.GetHttpContext()!.Response.StatusCode = StatusCodes.Status409Conflict;
            }
        }));
        Assert.Equal("409 ", await host.GetAsync("/throws"));
        Assert.Empty(host.Log.With("Error "));
    }

    [Fact]
    public async Task Middleware_class_is_a_singleton_and_sees_what_the_worker_shows()
    {
        await using var host = await StartAsync(app =>
        {
            app.UseMiddleware<Watcher>();
            app.UseWhen(
                context => context.FunctionDefinition.InputBindings.Values.Any(binding => binding.Type == "timerTrigger"),
                (_, _) => throw new InvalidOperationException("not for HTTP"));
        });
        Assert.Equal(
            "200 default", await host.SendAsync(
                HttpMethod.Get, "/DefaultRoute", null, ("traceparent", $"00-{Trace}-b7ad6b7169203331-01")));
        Assert.Equal("200 default", await host.GetAsync("/DefaultRoute"));

        var watcher = host.Host.Services.GetRequiredService<Watcher>();
        Assert.Equal(2, watcher.Seen.Count);
        Assert.Contains($"-{Trace}-", watcher.Seen[0].Trace, StringComparison.Ordinal);
        Assert.Equal(
            ("DefaultRoute", "request:httpTrigger:In", "$return:http:Out", typeof(HttpSamples).FullName + ".DefaultRoute"),
            (watcher.Seen[0].Name, watcher.Seen[0].Inputs, watcher.Seen[0].Outputs, watcher.Seen[0].EntryPoint));
        Assert.NotEqual(watcher.Seen[0].Invocation, watcher.Seen[1].Invocation);
    }

    [Fact]
    public async Task Failure_after_the_response_began_cuts_the_connection()
    {
        await using var host = await StartAsync(app => app.UseMiddleware(async (context, next) =>
        {
            var response = context.GetHttpContext()!.Response;
            response.ContentLength = 100;
            await response.WriteAsync("half");
            await response.Body.FlushAsync();
            await next();
        }));
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.GetAsync("/throws"));
        Assert.True(failure is HttpRequestException or HttpIOException, failure.ToString());
        Assert.Single(host.Log.With("Function Throws failed"));
    }

    [Fact]
    public async Task Second_response_is_dropped_and_logged()
    {
        await using var host = await StartAsync(app => app.UseMiddleware(async (context, next) =>
        {
            await context.GetHttpContext()!.Response.WriteAsync("first");
            await next();
        }));
        using var response = await host.Http.GetAsync(new Uri("/DefaultRoute", UriKind.Relative));
        Assert.Equal((HttpStatusCode.OK, "first"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Single(host.Log.With("A response was already written"));
    }

    private Task<RuntimeHost> StartAsync(Action<IFunctionsWorkerApplicationBuilder> app) =>
        RuntimeHost.StartAsync(database, new RuntimeHost.Setup { Functions = [typeof(HttpSamples)], App = app });

    internal sealed class Watcher : IFunctionsWorkerMiddleware
    {
        public List<Sight> Seen { get; } = [];

        public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            var definition = context.FunctionDefinition;
            Seen.Add(new Sight(
                definition.Name,
                context.InvocationId,
                context.TraceContext.TraceParent,
                Describe(definition.InputBindings.Values),
                Describe(definition.OutputBindings.Values),
                definition.EntryPoint));
            return next(context);
        }

        private static string Describe(IEnumerable<BindingMetadata> bindings) =>
            string.Join(',', bindings.Select(binding => $"{binding.Name}:{binding.Type}:{binding.Direction}"));
    }

    internal sealed record Sight(string Name, string Invocation, string Trace, string Inputs, string Outputs, string EntryPoint);
}
