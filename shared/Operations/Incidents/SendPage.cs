using Portal.Events.Deliveries;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Vendors;
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

    public string Name => "pagerduty";

    public async Task<ChannelAnswer> SendAsync(DeliveryRef reference, Delivery delivery, CancellationToken ct)
    {
        if (!pagerDuty.IsOn)
        {
            return new ChannelAnswer.Nothing(NotConfigured);
        }

        if (await incidents.FindAsync(new IncidentId(delivery.Event.AggregateId), ct) is not { } incident)
        {
            return new ChannelAnswer.Nothing("incident_gone");
        }

        var action = delivery.Event.Type switch
        {
            EventTypes.IncidentAcknowledged => PageAction.Acknowledge,
            EventTypes.IncidentResolved => PageAction.Resolve,
            _ => PageAction.Trigger,
        };
        if (action != PageAction.Resolve && incident.Status == IncidentStatus.Resolved)
        {
            return new ChannelAnswer.Nothing("incident_resolved");
        }

        return await SendAsync(Page(action, incident, delivery), ct);
    }

    private static Page Page(string action, Incident incident, Delivery delivery)
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

        return new(action, incident.Id.ToString(), incident.Summary, incident.Severity, incident.Kind, incident.OpenedAt, details);
    }

    /// <summary>PagerDuty has no id of its own for an event: the row keeps none.</summary>
    private async Task<ChannelAnswer> SendAsync(Page page, CancellationToken ct) => (await pagerDuty.SendAsync(page, ct)).Failure switch
    {
        null => new ChannelAnswer.Sent(null),
        VendorFailure.Refused { Status: 401 or 403 } blocked => new ChannelAnswer.Blocked(
            $"PagerDuty answers {blocked.Status} {blocked.Reason}"),
        VendorFailure.Refused refused => new ChannelAnswer.Refused($"{refused.Status} {refused.Reason}"),
        VendorFailure.RateLimited paced => new ChannelAnswer.RateLimited(paced.Wait),
        var unknown => new ChannelAnswer.Unknown(unknown.Reason),
    };
}
