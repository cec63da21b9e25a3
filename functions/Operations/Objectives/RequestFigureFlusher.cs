using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portal.Operations.Limits;
using Portal.Operations.Objectives;

namespace Portal.Functions.Operations.Objectives;

/// <summary>
/// Every ten seconds while the app runs, and once more when everything else has stopped: takes the figures of requests to the database,
/// and those of limits. That it could not is a warning; the next run sends the same again.
/// </summary>
public sealed partial class RequestFigureFlusher(
    FlushRequestFigures flush, FlushLimitFigures limits, TimeProvider clock, ILogger<RequestFigureFlusher> logger)
    : BackgroundService, IHostedLifecycleService
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <summary>The app has to stop, also when the database is away.</summary>
    private static readonly TimeSpan LastRunTakes = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LastRunTakes, TimeProvider.System);
        await TryAsync(flush.RunAsync, limit.Token);
        await TryAsync(limits.RunAsync, limit.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(flush.RunAsync, stoppingToken);
                await TryAsync(limits.RunAsync, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The last run is StoppedAsync's.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> run, CancellationToken ct)
    {
        try
        {
            await run(ct);
        }
        catch (Exception e)
        {
            Log.NotFlushed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning, Message = "Figures of requests or limits could not be stored; they are kept for the next time")]
        public static partial void NotFlushed(ILogger logger, Exception e);
    }
}
