using Portal.Events.Deliveries;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Vendors.PagerDuty;

namespace Portal.Operations.Incidents;

/// <summary>
/// Sends a delivery to PagerDuty: every event that pages is about an incident, whose id is the dedup key. So a page that is sent again
/// because its answer got lost finds the incident it made. What is resolved by now is neither triggered nor acknowledged: nobody is woken
/// for what is over.
/// </summary>
public sealed class SendPage(IncidentStore incidents, PagerDutyEvents pagerDuty) : IDeliveryChannel
{
    public const string NotConfigured = "paging_not_configured";
    public const string LowUrgencyNotConfigured = "low_urgency_paging_not_configured";

    public string Name => "pagerduty";

    public async Task<DeliveryOutcome> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        if (await incidents.FindAsync(new IncidentId(delivery.Event.AggregateId), ct) is not { } incident)
        {
            return new DeliveryOutcome.Skipped("incident_gone");
        }

        var wakes = incident.Urgency == IncidentUrgency.High;
        if (!pagerDuty.IsOn(wakes))
        {
            return new DeliveryOutcome.Skipped(wakes ? NotConfigured : LowUrgencyNotConfigured);
        }

        var action = delivery.Event.Is(EventType.IncidentAcknowledged) ? PageAction.Acknowledge
            : delivery.Event.Is(EventType.IncidentResolved) ? PageAction.Resolve
            : PageAction.Trigger;
        if (action != PageAction.Resolve && incident.Status == IncidentStatus.Resolved)
        {
            return new DeliveryOutcome.Skipped("incident_resolved");
        }

        // PagerDuty has no id of its own for an event: the row keeps none.
        return (await pagerDuty.SendAsync(Page(action, incident, delivery), ct)).Failure is { } failure
            ? SendDelivery.OutcomeOf(failure, "PagerDuty")
            : new DeliveryOutcome.Sent(null);
    }

    private static PagerDutyPage Page(string action, Incident incident, Delivery delivery)
    {
        var details = new Dictionary<string, string>
        {
            ["incident_id"] = incident.Id.ToString(),
            ["event_id"] = delivery.Event.EventId.ToString(),
            ["delivery_id"] = delivery.Id.ToString(),
        };
        if (incident.TenantId is { } tenant)
        {
            details["tenant_id"] = tenant.ToString();
        }

        return new(
            action, incident.Id.ToString(), incident.Summary, incident.Severity, incident.Kind, incident.OpenedAt, details,
            incident.Urgency == IncidentUrgency.High);
    }
}
