using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Vendors.PagerDuty;

namespace Portal.Operations.Incidents;

/// <summary>
/// Sends a delivery to PagerDuty: every event that pages is about an incident, whose id is the dedup key. So a page that is sent again
/// because its answer got lost finds the incident it made. What is resolved by now is neither triggered nor acknowledged: nobody is woken
/// for what is over. A severity that was changed is a trigger of the same key, which PagerDuty takes for news of the same incident.
/// </summary>
public sealed class SendPage(
    IncidentStore incidents, IncidentWorkStore work, PagerDutyEvents pagerDuty, IOptions<MailOptions> app) : IDeliveryChannel
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

        var route = await RouteOfAsync(incident, ct);
        if (!pagerDuty.IsOn(route))
        {
            return new DeliveryOutcome.Skipped(route == PageRoute.Low ? LowUrgencyNotConfigured : NotConfigured);
        }

        var action = delivery.Event.Is(EventType.IncidentAcknowledged) ? PageAction.Acknowledge
            : delivery.Event.Is(EventType.IncidentResolved) ? PageAction.Resolve
            : PageAction.Trigger;
        if (action != PageAction.Resolve && incident.Status == IncidentStatus.Resolved)
        {
            return new DeliveryOutcome.Skipped("incident_resolved");
        }

        if ((await pagerDuty.SendAsync(Page(action, incident, delivery, route), ct)).Failure is { } failure)
        {
            return SendDelivery.OutcomeOf(failure, "PagerDuty");
        }

        if (action == PageAction.Trigger)
        {
            var kind = delivery.Event.Is(EventType.IncidentSeverityChanged) ? IncidentEntryKind.PageUpdated : IncidentEntryKind.Paged;
            await work.NotePagedAsync(incident.Id, delivery.Id, new(kind, null, Became: route), ct);
        }

        // PagerDuty has no id of its own for an event: the row keeps none.
        return new DeliveryOutcome.Sent(null);
    }

    /// <summary>Security has a route of its own, where one is set. Where one is set or taken away meanwhile, the one that was paged
    /// first is told of the end.</summary>
    private async Task<string> RouteOfAsync(Incident incident, CancellationToken ct) =>
        incident.Kind == IncidentKind.Security
            ? await work.PagedServiceAsync(incident.Id, ct)
                ?? (pagerDuty.IsOn(PageRoute.Security) ? PageRoute.Security : PageRoute.High)
            : incident.Urgency == IncidentUrgency.Low ? PageRoute.Low : PageRoute.High;

    private PagerDutyPage Page(string action, Incident incident, Delivery delivery, string route)
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
            action, incident.Id.ToString(), incident.Summary, incident.Severity, incident.Kind, incident.OpenedAt, details, route,
            new Uri($"{app.Value.ApiUrl.TrimEnd('/')}/ops/incidents/{incident.Id}"));
    }
}
