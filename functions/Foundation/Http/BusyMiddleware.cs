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
        var http = context.GetHttpContext()!;
        if (Interlocked.Increment(ref present) > most)
        {
            Interlocked.Decrement(ref present);
            await Problem.Busy(SecondsToWait).ExecuteAsync(http);
            return;
        }

        try
        {
            await places.WaitAsync(context.CancellationToken);
        }
        catch
        {
            Interlocked.Decrement(ref present);
            throw;
        }

        var place = new RequestPlace(() =>
        {
            places.Release();
            Interlocked.Decrement(ref present);
        });
        http.Set(place);
        try
        {
            await next(context);
        }
        finally
        {
            place.Leave();
        }
    }

    public void Dispose() => places.Dispose();
}

/// <summary>A request's place among those that run at once.</summary>
public sealed class RequestPlace(Action leave)
{
    private Action? leave = leave;

    /// <summary>Lets another request run: this one only waits from now on.</summary>
    public void Leave() => Interlocked.Exchange(ref leave, null)?.Invoke();
}
