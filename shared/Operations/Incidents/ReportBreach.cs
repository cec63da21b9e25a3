using System.Globalization;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Incidents;

/// <summary>An error budget that burns too fast.</summary>
/// <param name="Slo">The objective.</param>
/// <param name="Window">The window it was measured over.</param>
/// <param name="BurnRate">1: the budget lasts exactly its period.</param>
/// <param name="BudgetLeft">Share of the budget that is left; below 0: overspent.</param>
public sealed record BudgetBreach(string Slo, string Window, double BurnRate, double BudgetLeft)
{
    public const double HighestBurnRate = 10_000;
    public const double LowestBudget = -1000;

    public static readonly IReadOnlyList<string> Windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"];

    /// <summary>For people on call.</summary>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture, $"Error budget of {Slo} burns {BurnRate:0.##} times too fast over {Window}; {Left}.");

    private string Left => BudgetLeft < 0
        ? string.Create(CultureInfo.InvariantCulture, $"it is overspent, {1 - BudgetLeft:0.#} times of it is used")
        : string.Create(CultureInfo.InvariantCulture, $"{BudgetLeft:0.#%} of it is left");

    /// <summary>Null: it can be reported; else the field that is wrong.</summary>
    public string? Fault() =>
        !Objective.All.Contains(Slo) ? "slo"
        : !Windows.Contains(Window) ? "window"
        : BurnRate is not (> 0 and <= HighestBurnRate) ? "burnRate"
        : BudgetLeft is not (>= LowestBudget and <= 1) ? "budgetLeft"
        : null;
}

/// <summary>
/// Event error_budget_breach: an incident, the change freeze, a page. One incident is open for each objective: a second report while it
/// is open is recorded and counted, and wakes nobody again.
/// </summary>
public sealed class ReportBreach(PortalDb db, IncidentStore incidents, ChangeFreezeStore freeze, AuditWriter audit)
{
    /// <param name="reportId">Monitoring's id of the report, if it has one: the same again changes nothing.</param>
    public Task<(Incident Incident, bool New)> RunAsync(BudgetBreach breach, Actor actor, string? reportId, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            if (reportId is not null && await incidents.FindReportedAsync(tx, reportId) is { } known)
            {
                return (known, false);
            }

            var reported = await RunAsync(tx, breach, actor);
            if (reportId is not null)
            {
                await incidents.NoteReportAsync(tx, reportId, reported.Incident.Id);
            }

            return reported;
        }, ct);

    /// <summary>The same inside a running transaction across tenants, of a report that has no id.</summary>
    public async Task<(Incident Incident, bool New)> RunAsync(Tx tx, BudgetBreach breach, Actor actor)
    {
        var (incident, isNew) = await incidents.OpenAsync(
            tx, new(IncidentKind.BudgetBreach, breach.Slo, AlertSeverity.Critical, breach.Summary) { By = actor.OperatorId });
        await freeze.SwitchOnAsync(tx, actor, incident);
        await audit.WriteAsync(tx, TenantId.Platform, actor, new AuditEntry(
            EventType.BudgetBreach, "incident", incident.Id.Value, null,
            new
            {
                status = incident.Status,
                kind = incident.Kind,
                slo = breach.Slo,
                window = breach.Window,
                burnRate = breach.BurnRate,
                budgetLeft = breach.BudgetLeft,
                times = incident.Times,
                page = isNew,
            },
            EventType.BudgetBreach));
        return (incident, isNew);
    }
}
