using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Portal.Foundation.Outages;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Refuses what is switched off (<see cref="NeedsAttribute"/>): after whoever asks is known to be allowed to, and before anything is read,
/// counted or locked for them.
/// </summary>
public sealed class FeatureMiddleware(KnownOutages outages) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http
            && FunctionAttributes.Of(context.FunctionDefinition).Feature is { } feature
            && await outages.FindAsync(feature, http.RequestAborted) is { } off)
        {
            await off.Problem().ExecuteAsync(http);
            return;
        }

        await next(context);
    }
}
