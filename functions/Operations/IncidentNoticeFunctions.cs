using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>What tenants are told of an incident, as people on call see it.</summary>
public sealed record IncidentNoticeJson(
    Guid Id, Guid IncidentId, string Subject, string Text, [OneOf(typeof(NoticeStatus))] string Status,
    [About("Whom it is for.")] IReadOnlyList<Guid> TenantIds, DateTimeOffset DraftedAt, string DraftedBy, DateTimeOffset? SentAt,
    string? SentBy)
{
    public static IncidentNoticeJson From(IncidentNotice n) => new(
        n.Id, n.IncidentId, n.Subject, n.Text, n.Status, n.TenantIds, n.DraftedAt, n.DraftedBy, n.SentAt, n.SentBy);
}

/// <summary>A notice as an Admin reads it.</summary>
public sealed record ReceivedNoticeJson(Guid Id, string Subject, string Text, DateTimeOffset SentAt)
{
    public static ReceivedNoticeJson From(TenantNotice n) => new(n.Id, n.Subject, n.Body, n.SentAt);
}

public sealed record DraftIncidentNoticeInput
{
    [Text(IncidentNotice.LongestSubject), About("Of the mail, and what the notification names.")]
    public required string Subject { get; init; }

    [Text(IncidentNotice.LongestText), About("What happened, whom it concerns, what is done, what they should do. Plain text.")]
    public required string Text { get; init; }

    [Items(IncidentNotice.MostTenants, Min = 1), About("Left out: the tenant of the incident, or all where it is the platform's.")]
    public IReadOnlyList<Guid>? TenantIds { get; init; }
}

public sealed class DraftIncidentNoticeFunction(NotifyTenants notify, TimeProvider clock)
{
    [Function("DraftIncidentNotice")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Draft a notice to tenants", Takes = typeof(DraftIncidentNoticeInput), Returns = typeof(IncidentNoticeJson), Status = 201,
        Details = "Nobody is told before it is sent.")]
    [Refuses(409, "incident-notices-full", "The incident has 20 notices.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/notices")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<DraftIncidentNoticeInput>(request, clock.GetUtcNow());
        return input is null
            ? problem!
            : (await notify.DraftAsync(request.HttpContext.Operator(), new(id), new(input.Subject, input.Text, input.TenantIds), ct))
                .Answer(draft => Reply.Created($"/api/ops/incidents/{id}/notices", IncidentNoticeJson.From(draft)));
    }
}

public sealed class SendIncidentNoticeFunction(NotifyTenants notify)
{
    [Function("SendIncidentNotice")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Send a notice to tenants", Returns = typeof(IncidentNoticeJson),
        Details = "The Admins of each tenant find it among their notifications and get it by mail, once: sent again it changes nothing.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(
            AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents/{id:guid}/notices/{noticeId:guid}/send")] HttpRequest request,
        Guid id,
        Guid noticeId,
        CancellationToken ct) =>
        (await notify.SendAsync(request.HttpContext.Operator(), new(id), noticeId, ct))
            .Answer(sent => Reply.Ok(IncidentNoticeJson.From(sent)));
}

public sealed record ListIncidentNoticesInput : CountedListInput;

public sealed class ListIncidentNoticesFunction(IncidentStore incidents, IncidentNoticeStore notices, Lists lists)
{
    [Function("ListIncidentNotices")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("List the notices of an incident, newest first", Query = typeof(ListIncidentNoticesInput),
        Returns = typeof(PageOf<IncidentNoticeJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/incidents/{id:guid}/notices")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var name = $"incident-notices:{id}";
        var (query, page, problem) = lists.Read<ListIncidentNoticesInput>(request, _ => name, TenantId.Platform);
        if (query is null)
        {
            return problem!;
        }

        var incident = new IncidentId(id);
        if (await incidents.FindAsync(incident, ct) is null)
        {
            return Problem.NotFound("incident");
        }

        var rows = await notices.ListAsync(incident, page, ct);
        long? total = query.Total ? await notices.CountAsync(incident, ct) : null;
        return lists.Page(
            request, rows, page, name, n => Position.Of(n.DraftedAt, n.Id), IncidentNoticeJson.From, TenantId.Platform, total);
    }
}

/// <summary>What the notification and the mail lead to.</summary>
public sealed class ReadIncidentNoticeFunction(IncidentNoticeStore notices)
{
    [Function("ReadIncidentNotice")]
    [Allows(PortalAction.ReadIncidentNotice)]
    [Operation("Read a notice about an incident", Returns = typeof(ReceivedNoticeJson))]
    [Refuses(404, "not-found", "No such notice was sent to the tenant.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/incident-notices/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await notices.FindSentAsync(request.HttpContext.Caller().Tenant, id, ct) is { } notice
            ? Reply.Ok(ReceivedNoticeJson.From(notice))
            : Problem.NotFound("notice");
}
