using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events.Deliveries;

/// <summary>Names a delivery's orchestration: ids only, as all inputs of orchestrations.</summary>
/// <param name="Attempt">1, and one more for each time an Operator has it sent again.</param>
public sealed record DeliveryRef(Guid TenantId, Guid DeliveryId, int Attempt)
{
    /// <summary>Calls that failed before its orchestration began afresh.</summary>
    public int Failed { get; init; }

    public string InstanceId => $"deliver-{DeliveryId}-{Attempt}";

    public TenantId Tenant => new(TenantId);
}

/// <summary>One effect of an event outside the database.</summary>
/// <param name="Recipient">user:{id}, guest:{keyed hash}, contact, operator:{Clerk's id}, platform or endpoint:{id}; never an
/// address.</param>
/// <param name="SubmissionStarted">The vendor was asked before, and nobody knows its answer: it may have gone out.</param>
public sealed record Delivery(
    Guid Id, string Channel, string Recipient, string Status, int Attempt, DateTimeOffset CreatedAt, bool SubmissionStarted,
    PortalEvent Event)
{
    private const string OperatorPrefix = "operator:";

    public Guid? UserId => Recipient.StartsWith("user:", StringComparison.Ordinal) ? Guid.Parse(Recipient.AsSpan(5)) : null;

    /// <summary>Clerk's id of somebody on call.</summary>
    public string? OperatorId =>
        Recipient.StartsWith(OperatorPrefix, StringComparison.Ordinal) ? Recipient[OperatorPrefix.Length..] : null;

    public Guid? EndpointId => Recipient.StartsWith("endpoint:", StringComparison.Ordinal) ? Guid.Parse(Recipient.AsSpan(9)) : null;

    public static string ToOperator(string clerkUserId) => OperatorPrefix + clerkUserId;

    public string? GuestHash => Recipient.StartsWith("guest:", StringComparison.Ordinal) ? Recipient[6..] : null;
}

/// <summary>Starts orchestrations of deliveries; the Functions side knows how.</summary>
public interface IDeliveryStarter
{
    /// <summary>Starts one that was just taken from those that wait: nobody can have started it before.</summary>
    /// <exception cref="TransientException">The engine does not answer.</exception>
    Task StartAsync(DeliveryRef delivery, CancellationToken ct);

    /// <summary>Starts it unless it was started before.</summary>
    /// <inheritdoc cref="StartAsync"/>
    Task<StartedOnce> StartOnceAsync(DeliveryRef delivery, CancellationToken ct);
}
