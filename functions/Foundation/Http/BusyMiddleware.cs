using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;
using Portal.Foundation.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// At most so many requests run in a process at once and as many wait; one more is refused in our own words. The Functions host would
/// refuse with a bare 429, which a browser shows to no page of another origin, so its limits (host.json) lie far above these.
/// </summary>
public sealed class BusyMiddleware(IOptions<HttpOptions> options) : IFunctionsWorkerMiddleware, IDisposable
{
    private const int SecondsToWait = 2;
    private readonly SemaphoreSlim places = new(options.Value.MaxConcurrentRequests);
    private readonly int most = 2 * options.Value.MaxConcurrentRequests;
    private int present;

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            if (Interlocked.Increment(ref present) > most)
            {
                await Problem.Busy(SecondsToWait).ExecuteAsync(context.GetHttpContext()!);
                return;
            }

            await places.WaitAsync(context.CancellationToken);
            try
            {
                await next(context);
            }
            finally
            {
                places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref present);
        }
    }

    public void Dispose() => places.Dispose();
}
