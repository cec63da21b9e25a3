using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Portal.Functions.Operations.Objectives;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// The app's composition with a switch around the middleware that counts requests. One process is measured with and without it: two would
/// differ by how each was compiled and where its memory lies, which is more than counting costs.
/// </summary>
public sealed class SwitchedCounting(IFunctionsWorkerApplicationBuilder app) : IFunctionsWorkerApplicationBuilder
{
    private volatile bool counts = true;
    private bool isFound;

    public IServiceCollection Services => app.Services;

    /// <summary>Requests that begin from now on are counted, or not.</summary>
    public void Set(bool count) => counts = count;

    /// <summary>The middleware's class is registered just before it is used: so it is known among the others.</summary>
    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        if (isFound || Services.All(service => service.ServiceType != typeof(CountRequestsMiddleware)))
        {
            app.Use(middleware);
            return this;
        }

        isFound = true;
        app.Use(next =>
        {
            var counted = middleware(next);
            return context => counts ? counted(context) : next(context);
        });
        return this;
    }
}
