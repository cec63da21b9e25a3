using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Operations.Probes;

namespace Portal.Operations.Objectives;

/// <summary>What is open because of an objective, as measuring left it.</summary>
/// <param name="IncidentId">The incident that measuring has opened and not closed.</param>
/// <param name="Warned">Likewise the alert.</param>
public sealed record ObjectiveState(string Objective, Guid? IncidentId, bool Warned);

/// <summary>A part of the window of an objective.</summary>
public sealed record ObjectivePoint(string Objective, DateTimeOffset Start, long Good, long Total);

/// <summary>All SQL of objectives. They are the platform's: counts, and no statement names a tenant.</summary>
public sealed class ObjectiveStore(PortalDb db, ProbeGuest probe)
{
    /// <summary>
    /// Minutes are measured again for as long as figures may come late. What was counted stays, also when rows that it was counted from
    /// are gone by now: a count never falls.
    /// </summary>
    private const string Keep = """
        on conflict (objective, minute) do update set good = excluded.good, total = excluded.total
         where excluded.total >= m.total and (excluded.good, excluded.total) <> (m.good, m.total)
        """;

    private const string CountRows = $"""
        insert into portal.objective_minutes as m (objective, minute, good, total)
        select c.objective, c.minute, c.good, c.total from portal.count_objectives(@from, @until, @minting, @link, @viewer) c
        {Keep}
        """;

    private const string CountRequests = $"""
        insert into portal.objective_minutes as m (objective, minute, good, total)
        select o.name, f.minute,
               coalesce(sum(f.requests) filter (where f.outcome <> 'failed' and f.under_ms <= o.under_ms), 0), sum(f.requests)
          from portal.request_figures f
          join jsonb_to_recordset(@objectives::jsonb)
               as o (name text, functions text[], "only" boolean, under_ms integer, outcomes text[], since timestamptz)
            on f.minute >= o.since and (f.function = any(o.functions)) = o."only" and f.outcome = any(o.outcomes)
         where f.minute >= @from and f.minute < @until
         group by o.name, f.minute
        {Keep}
        """;

    /// <summary>Counts each objective's minutes up to <paramref name="until"/>, from where the last run may have missed
    /// something.</summary>
    public Task<bool> MeasureAsync(DateTimeOffset until, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var earliest = until - ServiceObjective.Window;
        await tx.ExecuteAsync(
            "insert into portal.objective_states (objective) select unnest(@names) on conflict do nothing",
            new { names = ServiceObjectives.All.Select(objective => objective.Name).Order().ToArray() });

        // Two runs at once count one after the other.
        var states = (await tx.QueryAsync<MeasuredUntil>(
            "select objective, measured_until as at from portal.objective_states order by objective for update"))
            .ToDictionary(state => state.Objective, state => state.At);
        var of = ServiceObjectives.All.ToLookup(
            objective => objective.Indicator is Indicator.Rows,
            objective => (Objective: objective, From: From(states[objective.Name], earliest)));
        await tx.ExecuteAsync(CountRequests, new
        {
            from = of[false].Min(each => each.From),
            until,
            objectives = JsonSerializer.Serialize(of[false].Select(each => Counted(each.Objective, each.From))),
        });
        await tx.ExecuteAsync(CountRows, new
        {
            from = of[true].Min(each => each.From),
            until,
            minting = ServiceObjectives.Minting.ToArray(),
            link = probe.Link?.Value,
            viewer = probe.ViewerHash,
        });
        await tx.ExecuteAsync(
            "update portal.objective_states set measured_until = @until where measured_until is null or measured_until < @until",
            new { until });
        return true;
    }, ct);

    /// <summary>Up to when all objectives are measured; null: never yet.</summary>
    public async Task<DateTimeOffset?> MeasuredAsync(CancellationToken ct) => (await db.AcrossTenantsAsync(
        tx => tx.GetAsync<MeasuredUntil>("select '' as objective, min(measured_until) as at from portal.objective_states"), ct)).At;

    /// <summary>Good of all, of each objective in each of the windows that end at <paramref name="until"/>.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<BurnWindow, GoodOf>>> WindowsAsync(
        DateTimeOffset until, CancellationToken ct)
    {
        var rows = await db.AcrossTenantsAsync(tx => tx.QueryAsync<WindowCount>("""
            select o.name as objective, w.minutes, coalesce(sum(m.good), 0)::bigint as good, coalesce(sum(m.total), 0)::bigint as total
              from unnest(@objectives) as o (name)
             cross join unnest(@windows) as w (minutes)
              left join portal.objective_minutes m
                on m.objective = o.name and m.minute >= @until - make_interval(mins => w.minutes) and m.minute < @until
             group by o.name, w.minutes
            """, new
        {
            objectives = ServiceObjectives.All.Select(objective => objective.Name).ToArray(),
            windows = BurnRates.Windows.Select(window => window.Minutes).ToArray(),
            until,
        }), ct);
        return rows.GroupBy(row => row.Objective).ToDictionary(
            of => of.Key,
            of => (IReadOnlyDictionary<BurnWindow, GoodOf>)of.ToDictionary(
                row => BurnRates.Windows.Single(window => window.Minutes == row.Minutes), row => new GoodOf(row.Good, row.Total)));
    }

    /// <summary>The window of each budget in parts of so many hours, the oldest first; parts in which nothing happened are left
    /// out.</summary>
    public Task<IReadOnlyList<ObjectivePoint>> HistoryAsync(DateTimeOffset until, int hours, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<ObjectivePoint>("""
            select m.objective, date_bin(make_interval(hours => @hours), m.minute, @from) as start, sum(m.good)::bigint as good,
                   sum(m.total)::bigint as total
              from portal.objective_minutes m
             where m.minute >= @from and m.minute < @until
             group by m.objective, 2 order by m.objective, 2
            """, new { hours, from = until - ServiceObjective.Window, until }), ct);

    /// <summary>Good of all in the window of an objective's budget.</summary>
    public static async Task<GoodOf> BudgetAsync(Tx tx, string objective, DateTimeOffset until)
    {
        var count = await tx.GetAsync<CountOfAll>("""
            select coalesce(sum(m.good), 0)::bigint as good, coalesce(sum(m.total), 0)::bigint as total
              from portal.objective_minutes m where m.objective = @objective and m.minute >= @from and m.minute < @until
            """, new { objective, from = until - ServiceObjective.Window, until });
        return new(count.Good, count.Total);
    }

    public Task<IReadOnlyList<ObjectiveState>> StatesAsync(CancellationToken ct) => db.AcrossTenantsAsync(
        tx => tx.QueryAsync<ObjectiveState>("select objective, incident_id, warned from portal.objective_states"), ct);

    /// <summary>The state of an objective that was measured, held until the commit.</summary>
    public static Task<ObjectiveState> HoldAsync(Tx tx, string objective) => tx.GetAsync<ObjectiveState>(
        "select objective, incident_id, warned from portal.objective_states where objective = @objective for update", new { objective });

    public static Task<int> SetAsync(Tx tx, ObjectiveState state) => tx.ExecuteAsync(
        "update portal.objective_states set incident_id = @IncidentId, warned = @Warned where objective = @Objective", state);

    private static DateTimeOffset From(DateTimeOffset? measured, DateTimeOffset earliest) =>
        measured is { } until && until.AddMinutes(-RequestFigures.LongestDelay - 1) is var again && again > earliest ? again : earliest;

    /// <summary>An objective that is measured by requests, as <see cref="CountRequests"/> reads it.</summary>
    private static object Counted(ServiceObjective objective, DateTimeOffset since)
    {
        var (of, underMs, outcomes) = objective.Indicator switch
        {
            Indicator.Fast fast => (fast.Of, fast.UnderMs, new[] { RequestOutcome.Ok }),
            Indicator.Answered answered => (answered.Of, int.MaxValue, [.. RequestOutcome.All]),
            _ => throw new InvalidOperationException($"{objective.Name} is not measured by requests."),
        };
        return new { name = objective.Name, functions = of.Names, only = of.Only, under_ms = underMs, outcomes, since };
    }

    private sealed record MeasuredUntil(string Objective, DateTimeOffset? At);

    private sealed record CountOfAll(long Good, long Total);

    private sealed record WindowCount(string Objective, int Minutes, long Good, long Total);
}
