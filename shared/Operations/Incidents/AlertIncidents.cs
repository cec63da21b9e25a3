using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Operations.Incidents;

/// <summary>
/// A critical alert is an incident of its own, which wakes somebody. All errors of one kind are one incident, which does not: a hundred
/// mails that fail are one trouble, and a page that fails must not become the next page. What is raised while the incident is open counts
/// up. It is over when the last of its alerts is.
/// </summary>
public sealed class AlertIncidents(IncidentStore incidents, IncidentTransitions moves) : IAlertSubscriber
{
    public async Task<IncidentId?> RaisedAsync(Tx tx, Alert alert)
    {
        Trouble? trouble = alert.Kind.Told switch
        {
            AlertTold.Page => new(
                IncidentKind.Alert, $"{alert.Kind}:{alert.DedupKey}", alert.Kind.Severity, alert.Summary),
            AlertTold.LowUrgencyPage => new(
                IncidentKind.Alert, alert.Kind.Name, alert.Kind.Severity, alert.Summary, Urgency: IncidentUrgency.Low),
            _ => null,
        };
        return trouble is null ? null : (await incidents.OpenAsync(tx, trouble, Actor.System("alerts"))).Id;
    }

    public Task HoldAsync(Tx tx, IncidentId incident) => IncidentStore.HoldAsync(tx, incident);

    public async Task MovedAsync(Tx tx, IncidentId incident, Actor actor)
    {
        var left = await AlertTransitions.OfAsync(tx, incident);
        var name = actor.OperatorId;
        if (left is { Open: 0, Acknowledged: 0 })
        {
            await moves.ResolveAsync(tx, new(actor, name), incident, name is null ? "its cause is gone" : "its alerts are resolved");
        }
        else if (left.Open == 0 && name is not null)
        {
            await moves.AcknowledgeAsync(tx, new(actor, name), incident);
        }
    }
}
