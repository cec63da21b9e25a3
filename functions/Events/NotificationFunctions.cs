using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.Events;

/// <summary>Whose doing it was.</summary>
/// <param name="UserId">Null: a guest.</param>
public sealed record NotificationActorJson(Guid? UserId, string Name);

/// <summary>A notification on the wire: a type and ids, and the same in words of this moment.</summary>
/// <param name="Title">What the subject is called; null: it is gone, or may not be read any more.</param>
/// <param name="Actor">Null: nobody's doing, or nobody's that is known by name.</param>
/// <param name="Text">A sentence to show.</param>
public sealed record NotificationJson(
    Guid Id, [OneOf(typeof(NotificationTypes))] string Type,
    [OneOf(
        "invite", "user", "project", "task", "asset", "upload_job", "share_link", "comment", "delivery", "vendor_review_reminder",
        "webhook_endpoint")]
    string SubjectType,
    Guid SubjectId, Guid? ProjectId, string? Title, NotificationActorJson? Actor, string Text,
    bool Unread, DateTimeOffset? ReadAt, DateTimeOffset CreatedAt)
{
    public static NotificationJson From(Notification n) => new(
        n.Id.Value, n.Type, n.SubjectType, n.SubjectId, n.ProjectId, n.Title,
        n.ActorName is null ? null : new(n.ActorId, n.ActorName), NotificationWords.Say(n), n.ReadAt is null, n.ReadAt, n.CreatedAt);
}

/// <param name="Unread">Counting stops at 1000.</param>
public sealed record UnreadCountJson(int Unread);

/// <param name="Marked">How many were unread.</param>
public sealed record MarkedJson(int Marked);

public sealed record ListNotificationsInput : CountedListInput
{
    [About("true: only unread ones; false: only read ones.")]
    public bool? Unread { get; init; }

    [OneOf(typeof(NotificationTypes))]
    public string? Type { get; init; }
}

public sealed class ListNotificationsFunction(NotificationStore notifications, Lists lists)
{
    private const string Name = "notifications";

    [Function("ListNotifications")]
    [Allows(PortalAction.ReadNotification)]
    [Operation("List my notifications, newest first", Query = typeof(ListNotificationsInput), Returns = typeof(PageOf<NotificationJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/notifications")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListNotificationsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await notifications.ListAsync(caller.Tenant, caller, query.Unread, query.Type, page, ct);
        long? total = query.Total ? await notifications.CountAsync(caller.Tenant, caller, query.Unread, query.Type, ct) : null;
        return lists.Page(request, rows, page, Name, n => Position.Of(n.CreatedAt, n.Id.Value), NotificationJson.From, total: total);
    }
}

public sealed class CountUnreadNotificationsFunction(NotificationStore notifications)
{
    [Function("CountUnreadNotifications")]
    [Allows(PortalAction.ReadNotification)]
    [Operation("Count my unread notifications", Returns = typeof(UnreadCountJson), Details = "Counting stops at 1000.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/notifications/unread-count")] HttpRequest request,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return Reply.Ok(new UnreadCountJson(await notifications.CountUnreadAsync(caller.Tenant, caller, ct)));
    }
}

public sealed class MarkNotificationReadFunction(NotificationStore notifications, Writes writes)
{
    [Function("MarkNotificationRead")]
    [Allows(PortalAction.UpdateNotification)]
    [Operation("Mark a notification read", Returns = typeof(NotificationJson), TakesKey = true)]
    [Refuses(404, "not-found", "There is no such notification of yours.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/notifications/{id:guid}/read")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
            await notifications.MarkAsync(tx, caller.Tenant, caller, new NotificationId(id), read: true) is { } marked
                ? Reply.Ok(NotificationJson.From(marked))
                : Problem.NotFound("notification"));
}

public sealed class MarkNotificationUnreadFunction(NotificationStore notifications, Writes writes)
{
    [Function("MarkNotificationUnread")]
    [Allows(PortalAction.UpdateNotification)]
    [Operation("Mark a notification unread", Returns = typeof(NotificationJson), TakesKey = true)]
    [Refuses(404, "not-found", "There is no such notification of yours.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/notifications/{id:guid}/unread")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
            await notifications.MarkAsync(tx, caller.Tenant, caller, new NotificationId(id), read: false) is { } marked
                ? Reply.Ok(NotificationJson.From(marked))
                : Problem.NotFound("notification"));
}

public sealed class MarkAllNotificationsReadFunction(NotificationStore notifications, Writes writes)
{
    [Function("MarkAllNotificationsRead")]
    [Allows(PortalAction.UpdateNotification)]
    [Operation("Mark all notifications read", Returns = typeof(MarkedJson), TakesKey = true)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/notifications/read-all")] HttpRequest request) =>
        writes.PostAsync(
            request, async (tx, caller) => Reply.Ok(new MarkedJson(await notifications.MarkAllReadAsync(tx, caller.Tenant, caller))));
}
