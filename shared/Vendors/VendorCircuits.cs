using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Portal.Vendors;

/// <summary>
/// A circuit breaker for each vendor that is called over plain HTTP. A vendor that fails half of at least five calls in 30 seconds is
/// left alone for 15; then one call finds out whether it is back. Nothing is tried again here: retries belong to the orchestrations
/// and timers.
/// </summary>
public sealed partial class VendorCircuits(TimeProvider clock, ILogger<VendorCircuits> logger)
{
    public const int MinimumCalls = 5;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Lazy<ResiliencePipeline<HttpResponseMessage>>> pipelines = new(StringComparer.Ordinal);

    /// <summary>Made when the vendor is first called: starting the app costs nothing.</summary>
    internal ResiliencePipeline<HttpResponseMessage> Of(string vendor) =>
        pipelines.GetOrAdd(vendor, name => new(() => Create(name))).Value;

    private ResiliencePipeline<HttpResponseMessage> Create(string vendor)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock };
        return builder.AddCircuitBreaker(new()
        {
            MinimumThroughput = MinimumCalls,
            FailureRatio = 0.5,
            SamplingDuration = Window,
            BreakDuration = Break,
            // A refusal (429 too) is an answer of a vendor that is there; a caller who leaves says nothing about it.
            ShouldHandle = call => ValueTask.FromResult(call.Outcome switch
            {
                { Exception: HttpRequestException or TimeoutRejectedException } => true,
                { Result.StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout } => true,
                _ => false,
            }),
            OnOpened = call =>
            {
                Log.Opened(logger, vendor, call.BreakDuration.TotalSeconds);
                return default;
            },
            OnClosed = _ =>
            {
                Log.Closed(logger, vendor);
                return default;
            },
        }).Build();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Vendor} fails too often: it is not called for {Seconds} s")]
        public static partial void Opened(ILogger logger, string vendor, double seconds);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Vendor} answers again")]
        public static partial void Closed(ILogger logger, string vendor);
    }
}

/// <summary>
/// Sends through the vendor's circuit, and gives up on an answer that does not begin in time. Both come out as what a refused
/// connection is, so that adapters know one way of being away.
/// </summary>
internal sealed class VendorCircuitHandler(VendorCircuits circuits, string vendor, TimeSpan limit) : DelegatingHandler
{
    // By the machine's clock, as HttpClient's own limit: a test's clock may jump an hour while a call is under way.
    private readonly Lazy<ResiliencePipeline> timeout = new(() => new ResiliencePipelineBuilder().AddTimeout(limit).Build());

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await circuits.Of(vendor).ExecuteAsync(
                static async (call, ct) => await call.Handler.timeout.Value.ExecuteAsync(
                    static async (call, ct) => await call.Handler.ForwardAsync(call.Request, ct), call, ct),
                (Handler: this, Request: request),
                cancellationToken);
        }
        catch (BrokenCircuitException e)
        {
            throw new HttpRequestException($"{vendor} is not called for now: it failed too often.", e);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException($"{vendor} did not answer within {limit.TotalSeconds} s.", e);
        }
    }

    private Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, CancellationToken ct) => base.SendAsync(request, ct);
}
