using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;

namespace Portal.Operations.Incidents;

/// <summary>A critical alert is an incident too, with its page; a repeat while that is open counts up.</summary>
public sealed class AlertIncidents(IncidentStore incidents) : IAlertSubscriber
{
    public async Task RaisedAsync(Tx tx, Alert alert)
    {
        if (alert.Kind.Pages)
        {
            await incidents.OpenAsync(
                tx, new(IncidentKind.Alert, $"{alert.Kind}:{alert.DedupKey}", alert.Kind.Severity, alert.Summary), Actor.System("alerts"));
        }
    }
}
