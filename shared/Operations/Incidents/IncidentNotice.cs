namespace Portal.Operations.Incidents;

/// <summary>draft → sent (docs/states.md).</summary>
public static class NoticeStatus
{
    public const string Draft = "draft";
    public const string Sent = "sent";
}

/// <summary>What tenants are told of an incident.</summary>
/// <param name="DraftedBy">Clerk id of the Operator.</param>
public sealed record IncidentNotice(
    Guid Id, Guid IncidentId, string Subject, string Text, string Status, DateTimeOffset DraftedAt, string DraftedBy,
    DateTimeOffset? SentAt, string? SentBy, Guid[] TenantIds)
{
    public const int LongestSubject = 150;
    public const int LongestText = 4000;
    public const int MostTenants = 500;
}

/// <summary>A notice to be drafted.</summary>
/// <param name="TenantIds">Null: the tenant that the incident came up in, or every tenant where it is the platform's.</param>
public sealed record NoticeDraft(string Subject, string Text, IReadOnlyList<Guid>? TenantIds);

/// <summary>A notice as a tenant that it was sent to reads it.</summary>
public sealed record TenantNotice(Guid Id, string Subject, string Body, DateTimeOffset SentAt);
