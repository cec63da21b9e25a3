using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Runtime.Invocation;

/// <summary>Collects the app's registrations and middleware; the first middleware added is the outermost.</summary>
internal sealed class WorkerApplication(IServiceCollection services) : IFunctionsWorkerApplicationBuilder
{
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware = [];

    public IServiceCollection Services => services;

    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        this.middleware.Add(middleware);
        return this;
    }

    public FunctionExecutionDelegate Build(FunctionExecutionDelegate terminal) =>
        middleware.AsEnumerable().Reverse().Aggregate(terminal, (next, wrap) => wrap(next));
}
