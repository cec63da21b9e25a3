using Microsoft.Extensions.Logging;

namespace Portal.Operations.Objectives;

/// <summary>Figures on their way to the database.</summary>
/// <param name="Instance">The process that counted them.</param>
/// <param name="Number">Its own numbering, from 1.</param>
public sealed record FigureBatch(Guid Instance, long Number, IReadOnlyList<RequestFigure> Figures);

/// <summary>Adds a batch to the rows of its minutes; one that was added before changes nothing.</summary>
public delegate Task AddFigures(FigureBatch batch, CancellationToken ct);

/// <summary>
/// Takes what <see cref="RequestFigures"/> has counted to the database. A batch whose answer got lost may be stored or not: it is sent
/// again as it was, under its number, before anything newer, so that it counts once.
/// </summary>
public sealed partial class FlushRequestFigures(
    RequestFigures figures, AddFigures add, TimeProvider clock, ILogger<FlushRequestFigures> logger) : IDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly Guid instance = Guid.NewGuid();
    private FigureBatch? unsure;
    private long number;

    /// <exception cref="Exception">The database could not be reached: the next run sends what this one could not.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        await oneAtATime.WaitAsync(ct);
        try
        {
            if (unsure is { } batch && batch.Figures.Max(figure => figure.Minute) < Oldest())
            {
                GiveUp(batch.Figures.Sum(figure => figure.Requests));
                unsure = null;
            }

            await SendAsync(ct);
            var (taken, givenUp) = figures.Take();
            GiveUp(givenUp);
            if (taken.Count > 0)
            {
                unsure = new(instance, ++number, taken);
                await SendAsync(ct);
            }
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task SendAsync(CancellationToken ct)
    {
        if (unsure is { } batch)
        {
            await add(batch, ct);
            unsure = null;
        }
    }

    private DateTimeOffset Oldest() => clock.GetUtcNow().AddMinutes(-RequestFigures.LongestDelay);

    private void GiveUp(long requests)
    {
        if (requests > 0)
        {
            Log.GivenUp(logger, requests, RequestFigures.LongestDelay);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Error, Message = "{Requests} requests could not be counted: the database was away for {Minutes} minutes")]
        public static partial void GivenUp(ILogger logger, long requests, int minutes);
    }
}
