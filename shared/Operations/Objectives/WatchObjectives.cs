using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Telemetry;
using Portal.Foundation.Timers;
using Portal.Operations.Incidents;

namespace Portal.Operations.Objectives;

/// <summary>
/// Measures all objectives up to the minute that is over, and does what follows from how fast their budgets burn: a fast burn is a breach
/// (incident, page, change freeze), a slow one a warning. What it opened it closes when the burn has stopped, and nothing else: what
/// somebody reported from outside is theirs. The freeze stays on until an Operator lifts it.
/// </summary>
public sealed class WatchObjectives(
    ObjectiveStore store, ReportBreach breaches, IncidentStore incidents, IncidentTransitions moves, AlertStore alerts, PortalDb db,
    TimeProvider clock)
{
    private static readonly Actor By = Actor.System("objectives");

    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var until = Minute(clock.GetUtcNow());
        await store.MeasureAsync(until, ct);
        var counts = await store.WindowsAsync(until, ct);
        var states = (await store.StatesAsync(ct)).ToDictionary(state => state.Objective);
        var done = new RunCounts();
        foreach (var objective in ServiceObjectives.All)
        {
            var verdict = BurnRates.Judge(objective, counts[objective.Name]);
            foreach (var window in BurnRates.Windows)
            {
                var rate = objective.BurnRate(counts[objective.Name][window], window.Length);
                PortalMetrics.BurnRate(objective.Name, window.Name, (double)rate);
            }

            var isOpen = states[objective.Name] is not { IncidentId: null, Warned: false };
            if (verdict.Page is not null || verdict.Ticket is not null || isOpen)
            {
                await db.AcrossTenantsAsync(tx => FollowAsync(tx, objective, verdict, counts[objective.Name], until, done), ct);
            }
        }

        return done;
    }

    /// <summary>Only minutes that are over are counted.</summary>
    public static DateTimeOffset Minute(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);

    private async Task<bool> FollowAsync(
        Tx tx, ServiceObjective objective, BurnVerdict verdict, IReadOnlyDictionary<BurnWindow, GoodOf> counts, DateTimeOffset until,
        RunCounts done)
    {
        var state = await ObjectiveStore.HoldAsync(tx, objective.Name);
        var next = state with
        {
            IncidentId = await PageAsync(tx, objective, verdict, counts, until, state, done),
            Warned = await WarnAsync(tx, objective, verdict, counts, until, state, done),
        };
        if (next != state)
        {
            await ObjectiveStore.SetAsync(tx, next);
        }

        return true;
    }

    private async Task<Guid?> PageAsync(
        Tx tx, ServiceObjective objective, BurnVerdict verdict, IReadOnlyDictionary<BurnWindow, GoodOf> counts, DateTimeOffset until,
        ObjectiveState state, RunCounts done)
    {
        var open = await incidents.FindOpenAsync(tx, IncidentKind.BudgetBreach, objective.Name);
        if (verdict.Page is { } rule && open is null)
        {
            var (incident, _) = await breaches.RunAsync(tx, await BreachAsync(tx, objective, rule, counts, until), By);
            done.Add("breaches", 1);
            return incident.Id.Value;
        }

        if (open is null || open.Id.Value != state.IncidentId)
        {
            return null;
        }

        if (!verdict.PageOver)
        {
            return open.Id.Value;
        }

        await moves.CloseAsync(tx, open.Id, By);
        done.Add("breachesOver", 1);
        return null;
    }

    private async Task<bool> WarnAsync(
        Tx tx, ServiceObjective objective, BurnVerdict verdict, IReadOnlyDictionary<BurnWindow, GoodOf> counts, DateTimeOffset until,
        ObjectiveState state, RunCounts done)
    {
        if (verdict.Ticket is { } rule && !state.Warned)
        {
            var burn = await BreachAsync(tx, objective, rule, counts, until);
            await alerts.AddAsync(tx, new(
                AlertKind.BudgetBurning, objective.Name, burn.Summary,
                new { objective = objective.Name, window = burn.Window, burnRate = burn.BurnRate, budgetLeft = burn.BudgetLeft }));
            done.Add("warnings", 1);
            return true;
        }

        if (!state.Warned || !verdict.TicketOver)
        {
            return state.Warned;
        }

        await alerts.ResolveAsync(tx, AlertKind.BudgetBurning, objective.Name);
        done.Add("warningsOver", 1);
        return false;
    }

    private static async Task<BudgetBreach> BreachAsync(
        Tx tx, ServiceObjective objective, BurnRule rule, IReadOnlyDictionary<BurnWindow, GoodOf> counts, DateTimeOffset until)
    {
        var left = objective.BudgetLeft(await ObjectiveStore.BudgetAsync(tx, objective.Name, until));
        return new(
            objective.Name, rule.Long.Name, (double)objective.BurnRate(counts[rule.Long], rule.Long.Length),
            Math.Max((double)left, BudgetBreach.LowestBudget));
    }
}
