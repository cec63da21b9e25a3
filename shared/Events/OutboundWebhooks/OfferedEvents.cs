using Portal.Foundation.Outbox;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// The types of event that an endpoint may ask for: the tenant's own, without the portal's bookkeeping about what people have read, and
/// without what belongs to the platform. The test event is sent to the endpoint that is tested, whatever it asks for.
/// </summary>
public static class OfferedEvents
{
    private static readonly HashSet<EventType> NotOffered =
    [
        EventType.NotificationsAdded, EventType.NotificationsMarked, EventType.NotificationsPruned, EventType.DigestSent,
        EventType.RestoreTested, EventType.BudgetBreach, EventType.IncidentOpened, EventType.IncidentAcknowledged,
        EventType.IncidentSeverityChanged, EventType.IncidentNoticeSent, EventType.WarningsReported, EventType.ObjectivesReported,
        EventType.IncidentResolved, EventType.ChangeFreezeSwitched, EventType.WebhookEndpointTested, EventType.WebhookEndpointDisabled,
    ];

    public static IReadOnlyList<string> All { get; } =
        [.. EventType.All.Where(type => !NotOffered.Contains(type)).Select(type => type.Name).Order(StringComparer.Ordinal)];

    private static HashSet<string> Names { get; } = [.. All];

    /// <summary>Does the endpoint get that event?</summary>
    public static bool Wants(this EndpointSubscription endpoint, PortalEvent e) => e.Is(EventType.WebhookEndpointTested)
        ? e.AggregateId == endpoint.Id
        : endpoint.Takes && Names.Contains(e.Type) && (endpoint.EventTypes.Length == 0 || endpoint.EventTypes.Contains(e.Type));
}
