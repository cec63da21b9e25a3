using Portal.Foundation.Db;

namespace Portal.Operations.Objectives;

/// <summary>All SQL that adds figures of requests and lets go of them.</summary>
public sealed class RequestFigureStore(PortalDb db, TimeProvider clock)
{
    /// <summary>
    /// One statement and one round trip. The number is taken first, so that two of one batch wait for each other; rows are added to in one
    /// order by everybody, so that no two batches wait for each other in a circle.
    /// </summary>
    private const string Add = """
        with taken as (
            insert into portal.request_flushes as f (instance, number, at) values (@Instance, @Number, @now)
            on conflict (instance) do update set number = excluded.number, at = excluded.at where f.number < excluded.number
            returning 1)
        insert into portal.request_figures as f (minute, function, outcome, under_ms, requests)
        select b.minute, b.function, b.outcome, b.under_ms, b.requests
          from unnest(@minutes, @functions, @outcomes, @bounds, @requests) as b (minute, function, outcome, under_ms, requests)
         where exists (select 1 from taken)
         order by b.minute, b.function, b.outcome, b.under_ms
        on conflict (minute, function, outcome, under_ms) do update set requests = f.requests + excluded.requests
        """;

    /// <inheritdoc cref="AddFigures"/>
    public Task AddAsync(FigureBatch batch, CancellationToken ct) => db.RunAcrossTenantsAsync(Add, new
    {
        batch.Instance,
        batch.Number,
        now = clock.GetUtcNow(),
        minutes = batch.Figures.Select(figure => figure.Minute.UtcDateTime).ToArray(),
        functions = batch.Figures.Select(figure => figure.Function).ToArray(),
        outcomes = batch.Figures.Select(figure => figure.Outcome).ToArray(),
        bounds = batch.Figures.Select(figure => figure.UnderMs).ToArray(),
        requests = batch.Figures.Select(figure => figure.Requests).ToArray(),
    }, ct);
}
