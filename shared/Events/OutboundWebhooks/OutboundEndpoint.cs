namespace Portal.Events.OutboundWebhooks;

/// <summary>Why an endpoint gets nothing.</summary>
public static class DisabledReason
{
    public const string ByAdmin = "by_admin";

    /// <summary>It answered 410.</summary>
    public const string Gone = "gone";

    /// <summary>Nothing but failures for five days.</summary>
    public const string Failing = "failing";
}

/// <summary>Where a tenant wants its events sent. The secret is not in it: it is made when it is needed
/// (<see cref="EndpointSecrets"/>).</summary>
/// <param name="EventTypes">None: every type.</param>
/// <param name="FailingSince">The first attempt that failed since one succeeded.</param>
/// <param name="PreviousUntil">Until when the secret before this one signs too.</param>
public sealed record OutboundEndpoint(
    Guid Id, string Url, string Description, string[] EventTypes, bool Enabled, string? DisabledReason, DateTimeOffset? DisabledAt,
    DateTimeOffset? FailingSince, DateTimeOffset? LastSuccessAt, string SecretKid, int SecretGeneration, DateTimeOffset SecretMadeAt,
    string? PreviousKid, DateTimeOffset? PreviousUntil, Guid CreatedBy, string? CreatedByName, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, int Version)
{
    public string Host => new Uri(Url).IdnHost;
}

/// <summary>What a person decides about an endpoint: checked values.</summary>
public sealed record EndpointSettings(string Url, string Description, IReadOnlyList<string> EventTypes, bool Enabled);

/// <summary>What dispatching has to know of an endpoint.</summary>
public sealed record EndpointSubscription(Guid Id, string[] EventTypes, bool Takes)
{
    /// <summary>As <c>portal.deliveries.recipient</c> names it.</summary>
    public string Recipient => RecipientOf(Id);

    public static string RecipientOf(Guid endpoint) => $"endpoint:{endpoint}";
}
