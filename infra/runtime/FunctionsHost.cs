using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portal.Runtime.Durable;
using Portal.Runtime.Invocation;
using Portal.Runtime.Timers;

namespace Portal.Runtime;

/// <summary>
/// The app's functions, running: HTTP on loopback, timers, orchestrations. Several hosts may share a database, in one process or many.
/// </summary>
public sealed partial class FunctionsHost : IAsyncDisposable
{
    // For code to notice that its token was cancelled; what does not is left behind.
    private static readonly TimeSpan DeafGrace = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly FunctionIndex index;
    private readonly InvocationRunner runner;
    private readonly TimerRunner? timers;
    private readonly FunctionsHostOptions options;
    private readonly ILogger logger;
    private readonly CancellationTokenSource cutShort;
    private readonly BackgroundRuns background = new();
    private readonly Lock stopGate = new();
    private Task? stopping;
    private int disposed;

    internal FunctionsHost(FunctionsHostParts parts)
    {
        app = parts.App;
        index = parts.Index;
        runner = parts.Runner;
        options = parts.Options;
        cutShort = parts.CutShort;
        Durable = parts.Durable;
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        logger = loggers.CreateLogger<FunctionsHost>();
        timers = parts.TimerStore is { } store
            ? new TimerRunner([.. index.Of(TriggerKind.Timer)], store, RunTimerAsync, options.Clock, loggers.CreateLogger<TimerRunner>())
            : null;
    }

    /// <summary>Where HTTP functions answer, for example <c>http://127.0.0.1:7071</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The app's services; a scope per use.</summary>
    public IServiceProvider Services => app.Services;

    public DurableTaskClient DurableClient => Durable.Client;

    public DurableEngine Durable { get; }

    /// <summary>Starts the app; returns once it answers requests and timers and orchestrations are picked up.</summary>
    /// <exception cref="FunctionsHostStartException">Faults in functions, settings or host.json, the port or the database.</exception>
    public static async Task<FunctionsHost> StartAsync(FunctionsHostOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var host = await FunctionsHostParts.BuildAsync(options, ct);
        try
        {
            await host.StartAsync(ct);
            return host;
        }
        catch (Exception failure)
        {
            await host.DisposeAsync();
            if (FunctionsHostParts.Explain(failure, options) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Runs a timer function now, whatever its schedule, and returns when it is done.</summary>
    /// <exception cref="ArgumentException">There is no timer of this name.</exception>
    /// <exception cref="Exception">Whatever the function threw.</exception>
    public Task RunTimerAsync(string name, CancellationToken ct = default) =>
        index.Find(name, TriggerKind.Timer) is { } timer
            ? RunTimerAsync(timer, new TimerInfo(), ct)
            : throw new ArgumentException($"There is no timer '{name}'.", nameof(name));

    /// <summary>
    /// Takes nothing new, lets what runs finish within <see cref="FunctionsHostOptions.StopLimit"/>, then cancels the tokens of the
    /// rest. Timers, orchestrations and the app's hosted services stop too. A second call waits for the first.
    /// </summary>
    public Task StopAsync(CancellationToken ct = default)
    {
        lock (stopGate)
        {
            return stopping ??= StopOnceAsync(ct);
        }
    }

    /// <summary>
    /// Returns, stopped, once <paramref name="ct"/> is cancelled or the app asks to stop (<see cref="IHostApplicationLifetime"/>).
    /// </summary>
    public async Task WaitForShutdownAsync(CancellationToken ct = default)
    {
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(ct, app.Lifetime.ApplicationStopping);
        await Task.Delay(
            Timeout.InfiniteTimeSpan, TimeProvider.System, asked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await StopAsync();
        if (timers is not null)
        {
            await timers.DisposeAsync();
        }

        await Durable.DisposeAsync();
        await app.DisposeAsync();
        cutShort.Dispose();
    }

    /// <summary>Behind the admin route: runs a timer without anyone waiting for it.</summary>
    internal void RunInBackground(FunctionEntry timer) => background.Add(RunTimerAsync(timer, new TimerInfo(), cutShort.Token));

    private async Task StartAsync(CancellationToken ct)
    {
        await app.StartAsync(ct);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(addresses.First());

        // Requests are answered meanwhile: the durable client works from the engine's creation on.
        await Task.WhenAll(
            Task.Run(() => Durable.StartAsync(ct), ct),
            Task.Run(() => timers?.StartAsync(ct) ?? Task.CompletedTask, ct));

        foreach (var note in index.Notes)
        {
            Log.Differs(logger, note);
        }

        Log.Started(logger, Address, index.All.Count());
    }

    private async Task RunTimerAsync(FunctionEntry timer, TimerInfo info, CancellationToken ct)
    {
        using var trace = Tracing.Begin("timer");
        await using var scope = runner.CreateScope();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(ct, cutShort.Token);
        var invocation = new InvocationContext(timer, scope.ServiceProvider, cancelled.Token) { Timer = info };
        using var ids = runner.BeginLogScope(invocation);
        var log = timer.Logger(app.Services.GetRequiredService<ILoggerFactory>());
        var began = options.Clock.GetTimestamp();
        try
        {
            await runner.RunAsync(invocation, cancelled);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancelled.IsCancellationRequested)
        {
            Log.TimerFailed(log, timer.Name, invocation.InvocationId, failure);
            throw;
        }

        Log.TimerRan(log, timer.Name, options.Clock.GetElapsedTime(began).TotalMilliseconds, info.IsPastDue ? ", past due" : "");
    }

    private async Task StopOnceAsync(CancellationToken ct)
    {
        Log.Stopping(logger);

        // Real time: a test clock stands still, and whoever stops a process waits in real seconds.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.StopLimit);
        await using var cut = limit.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), cutShort);
        var drained = Task.WhenAll(
            timers?.StopAsync(limit.Token) ?? Task.CompletedTask,
            Durable.StopAsync(limit.Token),
            background.WhenDoneAsync(),
            StopAnsweringAsync(limit.Token));
        try
        {
            await drained.WaitAsync(options.StopLimit + DeafGrace, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Log.Deaf(logger);
        }

        await app.StopAsync(CancellationToken.None);
        Log.Stopped(logger);
    }

    private async Task StopAnsweringAsync(CancellationToken limit)
    {
        try
        {
            await app.Services.GetRequiredService<IServer>().StopAsync(limit);
        }
        catch (OperationCanceledException)
        {
            Log.CutShort(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Functions host answers on {Address} with {Count} functions")]
        public static partial void Started(ILogger logger, Uri address, int count);

        [LoggerMessage(LogLevel.Warning, "Differs from Azure: {Note}")]
        public static partial void Differs(ILogger logger, string note);

        [LoggerMessage(LogLevel.Information, "Functions host is stopping")]
        public static partial void Stopping(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Functions host has stopped")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Requests still running at the stop limit were cut short")]
        public static partial void CutShort(ILogger logger);

        [LoggerMessage(LogLevel.Error, "Something ignored its cancelled token; stopping without it")]
        public static partial void Deaf(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Timer {Timer} ran in {Milliseconds:0.0} ms{PastDue}")]
        public static partial void TimerRan(ILogger logger, string timer, double milliseconds, string pastDue);

        [LoggerMessage(LogLevel.Error, "Timer {Timer} failed, invocation {Invocation}")]
        public static partial void TimerFailed(ILogger logger, string timer, string invocation, Exception failure);
    }
}
