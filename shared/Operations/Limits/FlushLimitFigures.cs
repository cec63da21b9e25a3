using Portal.Foundation.Limits;

namespace Portal.Operations.Limits;

/// <summary>
/// Takes what <see cref="LimitFigures"/> has counted to the database. What could not be stored goes with the next; a batch whose answer
/// got lost may count twice, which on-call can live with.
/// </summary>
public sealed class FlushLimitFigures(LimitFigures figures, LimitFigureStore store)
{
    public async Task RunAsync(CancellationToken ct)
    {
        var taken = figures.Take();
        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            await store.AddAsync(taken, ct);
        }
        catch
        {
            figures.PutBack(taken);
            throw;
        }
    }
}
