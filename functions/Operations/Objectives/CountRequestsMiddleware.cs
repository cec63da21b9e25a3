using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Operations.Objectives;
using Portal.Operations.Probes;

namespace Portal.Functions.Operations.Objectives;

/// <summary>
/// Counts each request when its answer is about to leave: by then its status is settled, and a slow network on the way to the caller is
/// not our time. It comes first, so that what the others refuse or wait for is counted too. Whoever left before the answer is not counted,
/// and the synthetic probe is nobody: where few people ask, its requests would hide theirs.
/// </summary>
public sealed class CountRequestsMiddleware(RequestFigures figures, ProbeGuest probe, TimeProvider clock) : IFunctionsWorkerMiddleware
{
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && !probe.Is(http.Request.Headers[GuestAccess.ViewerHeader]))
        {
            http.Response.OnStarting(
                static state => ((Request)state).CountAsync(),
                new Request(http, context.FunctionDefinition.Name, figures, clock, clock.GetTimestamp()));
        }

        return next(context);
    }

    private sealed record Request(HttpContext Http, string Function, RequestFigures Figures, TimeProvider Clock, long Began)
    {
        public Task CountAsync()
        {
            if (!Http.RequestAborted.IsCancellationRequested)
            {
                Figures.Count(Function, Http.Response.StatusCode, Clock.GetElapsedTime(Began));
            }

            return Task.CompletedTask;
        }
    }
}
