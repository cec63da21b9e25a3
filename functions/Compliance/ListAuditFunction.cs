using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.Compliance;

/// <summary>An entry of the audit log on the wire. The log itself holds ids, states and hashes; the name beside a user's id is read with
/// it.</summary>
public sealed record AuditEntryJson(
    Guid Id, DateTimeOffset OccurredAt, [OneOf("user", "guest", "operator", "vendor", "system")] string ActorKind,
    string? ActorId,
    [About("Of a user, for those who may read users; null: anybody else's doing, or not for the caller.")] string? ActorName,
    string? ImpersonatorId, string Action, string EntityType, Guid EntityId,
    JsonObject? OldValue, JsonObject? NewValue, string? RequestId, string Hash)
{
    public static AuditEntryJson From(AuditRow row, IReadOnlyDictionary<Guid, string> names) => new(
        row.Id, row.OccurredAt, row.ActorKind, row.ActorId,
        row.Person is { } person ? names.GetValueOrDefault(person) : null, row.ImpersonatorId, row.Action, row.EntityType, row.EntityId,
        Node(row.OldValue), Node(row.NewValue),
        row.RequestId, Convert.ToHexStringLower(row.RowHash));

    private static JsonObject? Node(string? text) => text is null ? null : JsonNode.Parse(text)!.AsObject();
}

public sealed record ListAuditInput : OrderedListInput, IChecked
{
    [Text(200), About("Who did it: a user's id, a guest's viewer id, an Operator's Clerk user, a vendor or a part of the system.")]
    public string? Actor { get; init; }

    [Text(100), About("What was done.", Example = "\"share_link_revoked\"")]
    public string? Action { get; init; }

    [Text(50), About("To what kind of thing.", Example = "\"share_link\"")]
    public string? EntityType { get; init; }

    public Guid? EntityId { get; init; }

    [About("From this moment on.")]
    public DateTimeOffset? From { get; init; }

    [About("Before this moment.")]
    public DateTimeOffset? To { get; init; }

    public void Check(Faults faults, DateTimeOffset now) => AuditRange.Check(faults, From, To);
}

/// <summary>The rule that two ends of a time range share.</summary>
internal static class AuditRange
{
    public static void Check(Faults faults, DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } start && to is { } end && end <= start)
        {
            faults.Add("to", "range", "must be after from.");
        }
    }
}

public sealed class ListAuditFunction(AuditStore store, UserStore users, Lists lists)
{
    private const string Name = "audit";

    [Function("ListAudit")]
    [Allows(PortalAction.ReadAudit)]
    [Operation("List the audit log, newest first", Query = typeof(ListAuditInput), Returns = typeof(PageOf<AuditEntryJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/audit")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListAuditInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var filter = new AuditFilter(query.Actor, query.Action, query.EntityType, query.EntityId, query.From, query.To);
        var caller = request.HttpContext.Caller();
        var rows = await store.ListAsync(caller.Tenant, filter, page, ct);
        var people = Permissions.Allows(PortalAction.ReadUser, caller.Role) ? rows.Select(row => row.Person).OfType<Guid>() : [];
        var names = await users.NamesAsync(caller.Tenant, [.. people.Distinct()], ct);
        return lists.Page(
            request, rows, page, Name, row => Position.Of(row.OccurredAt, row.Id), row => AuditEntryJson.From(row, names));
    }
}
