using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance;

/// <summary>An entry of the audit log on the wire. People appear by id; values are ids, states and hashes.</summary>
public sealed record AuditEntryJson(
    Guid Id, DateTimeOffset OccurredAt, [OneOf("user", "guest", "operator", "vendor", "system")] string ActorKind,
    string? ActorId, string? ImpersonatorId, string Action, string EntityType, Guid EntityId,
    JsonNode? OldValue, JsonNode? NewValue, string? RequestId, string Hash)
{
    public static AuditEntryJson From(AuditRow row) => new(
        row.Id, row.OccurredAt, row.ActorKind, row.ActorId, row.ImpersonatorId, row.Action, row.EntityType, row.EntityId,
        Node(row.OldValue), Node(row.NewValue),
        row.RequestId, Convert.ToHexStringLower(row.RowHash));

    private static JsonNode? Node(string? text) => text is null ? null : JsonNode.Parse(text);
}

public sealed record ListAuditInput : ListInput, IChecked
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

public sealed class ListAuditFunction(AuditStore store, Lists lists)
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
        var rows = await store.ListAsync(request.HttpContext.Caller().Tenant, filter, page, ct);
        return lists.Page(request, rows, page, Name, row => Position.Of(row.OccurredAt, row.Id), AuditEntryJson.From);
    }
}
