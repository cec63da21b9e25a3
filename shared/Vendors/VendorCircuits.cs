using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Portal.Vendors;

/// <summary>
/// A circuit breaker for each vendor. A vendor that fails half of at least five calls in 30 seconds is left alone for 15; then one call
/// finds out whether it is back. Nothing is tried again here: retries belong to the orchestrations and timers. Each instance has its own;
/// what they find is noted for people (<see cref="VendorCircuitStore"/>).
/// </summary>
public sealed partial class VendorCircuits(NoteCircuit note, TimeProvider clock, ILogger<VendorCircuits> logger)
{
    public const int MinimumCalls = 5;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(15);

    /// <summary>A call to a vendor waits no longer than that for its circuit to be noted.</summary>
    private static readonly TimeSpan NoteTakes = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Lazy<ResiliencePipeline<HttpResponseMessage>>> pipelines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<ResiliencePipeline<VendorFailure?>>> ofSdks = new(StringComparer.Ordinal);

    /// <summary>Made when the vendor is first called: starting the app costs nothing.</summary>
    internal ResiliencePipeline<HttpResponseMessage> Of(string vendor) =>
        pipelines.GetOrAdd(vendor, name => new(() => Create<HttpResponseMessage>(name, IsAway))).Value;

    /// <summary>A call through an SDK that makes its own connections: what it came to says whether the vendor is there.</summary>
    public async Task<VendorResult<T>> CallAsync<T>(string vendor, Func<Task<VendorResult<T>>> call, CancellationToken ct)
        where T : notnull
    {
        var result = default(VendorResult<T>);
        try
        {
            await ofSdks.GetOrAdd(vendor, name => new(() => Create<VendorFailure?>(name, IsAway))).Value.ExecuteAsync(
                async _ =>
                {
                    result = await call();
                    return result.Failure;
                },
                ct);
            return result;
        }
        catch (BrokenCircuitException)
        {
            return new VendorFailure.Unknown(NotCalled(vendor), Break);
        }
    }

    internal static string NotCalled(string vendor) => $"{vendor} is not called for now: it failed too often.";

    /// <summary>A refusal (429 too) is an answer of a vendor that is there; a caller who leaves says nothing about it.</summary>
    private static bool IsAway(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout } => true,
        _ => false,
    };

    private static bool IsAway(Outcome<VendorFailure?> outcome) => outcome.Result is VendorFailure.Unknown;

    private ResiliencePipeline<TResult> Create<TResult>(string vendor, Func<Outcome<TResult>, bool> isAway)
    {
        var builder = new ResiliencePipelineBuilder<TResult> { TimeProvider = clock };
        return builder.AddCircuitBreaker(new()
        {
            MinimumThroughput = MinimumCalls,
            FailureRatio = 0.5,
            SamplingDuration = Window,
            BreakDuration = Break,
            ShouldHandle = call => ValueTask.FromResult(isAway(call.Outcome)),
            OnOpened = async call =>
            {
                Log.Opened(logger, vendor, call.BreakDuration.TotalSeconds);
                await NoteAsync(vendor, true);
            },
            OnClosed = async _ =>
            {
                Log.Closed(logger, vendor);
                await NoteAsync(vendor, false);
            },
        }).Build();
    }

    /// <summary>What people are told of a vendor is no reason for a call to it to fail.</summary>
    private async Task NoteAsync(string vendor, bool isOpen)
    {
        // By the machine's clock: it is a limit on real work, also in a test whose clock stands still.
        using var limit = new CancellationTokenSource(NoteTakes, TimeProvider.System);
        try
        {
            await note(vendor, isOpen, limit.Token);
        }
        catch (Exception e)
        {
            Log.NotNoted(logger, e, vendor);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Vendor} fails too often: it is not called for {Seconds} s")]
        public static partial void Opened(ILogger logger, string vendor, double seconds);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Vendor} answers again")]
        public static partial void Closed(ILogger logger, string vendor);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit of {Vendor} could not be noted")]
        public static partial void NotNoted(ILogger logger, Exception e, string vendor);
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
            throw new HttpRequestException(VendorCircuits.NotCalled(vendor), e);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException($"{vendor} did not answer within {limit.TotalSeconds} s.", e);
        }
    }

    private Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, CancellationToken ct) => base.SendAsync(request, ct);
}

/// <summary>What adapters over plain HTTP make of a call that came to nothing.</summary>
public static class VendorCalls
{
    /// <summary>Set when the vendor's circuit was open, so that it was not called.</summary>
    public static TimeSpan? NotCalledFor(this Exception e) => e.InnerException is BrokenCircuitException ? VendorCircuits.Break : null;
}
