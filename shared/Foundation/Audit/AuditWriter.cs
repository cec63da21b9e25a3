using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Foundation.Audit;

/// <summary>Who did it, as the audit log names them: by id, never by a personal value.</summary>
public sealed record Actor(string Kind, string? Id, string? ImpersonatorId, string? RequestId)
{
    public static Actor From(Caller caller) => new("user", caller.User.ToString(), caller.ImpersonatorId, caller.RequestId);

    public static Actor From(Operator person) => new("operator", person.ClerkUserId, null, person.RequestId);

    /// <summary>The tenant's own person who did it; null for guests, vendors, operators and the system.</summary>
    public Guid? Person => Kind == "user" && Guid.TryParse(Id, out var id) ? id : null;

    /// <summary>Clerk's id of the Operator who did it; null for everybody else.</summary>
    public string? OperatorId => Kind == "operator" ? Id : null;

    public static Actor Mux(string? eventId) => new("vendor", "mux", null, eventId);

    public static Actor Clerk(string eventId) => new("vendor", "clerk", null, eventId);

    public static Actor Resend(string eventId) => new("vendor", "resend", null, eventId);

    /// <summary>Somebody at PagerDuty, by its signed webhook.</summary>
    public static Actor PagerDuty(string eventId) => new("vendor", "pagerduty", null, eventId);

    /// <summary>Monitoring, by its signed webhook.</summary>
    public static Actor Alerts(string alertId) => new("vendor", "alerts", null, alertId);

    public static Actor System(string part) => new("system", part, null, null);
}

/// <summary>One act: what was done to which entity, and the event that follows from it (null: the act has no effects).</summary>
/// <param name="Old">Values before, by id and state; null when the entity is new.</param>
/// <param name="New">Values after; doubles as the event's payload.</param>
public sealed record AuditEntry(string Action, string EntityType, Guid EntityId, object? Old, object? New, EventType? EventType = null);

/// <summary>
/// Writes the audit row and the event row of a change in the transaction of the change: all three are there, or none.
/// </summary>
public sealed class AuditWriter(TimeProvider clock)
{
    /// <exception cref="ArgumentException">The action is in no class: nobody has said for how long its rows stay.</exception>
    public Task WriteAsync(Tx tx, TenantId tenant, Actor actor, AuditEntry entry)
    {
        if (!AuditActions.All.ContainsKey(entry.Action))
        {
            throw new ArgumentException($"The audit action {entry.Action} is in no class.", nameof(entry));
        }

        var now = clock.GetUtcNow();
        return AuditRowStore.AddAsync(tx, new AuditRows(
            Guid.CreateVersion7(now), Guid.CreateVersion7(now), tenant, actor, entry, Json(entry.Old), Json(entry.New), now));
    }

    private static string? Json(object? value) => value is null ? null : JsonSerializer.Serialize(value, JsonSerializerOptions.Web);
}
