using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Compliance.Playback;
using Portal.Compliance.Reviews;
using Portal.Events;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.People;
using Portal.Projects;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;
using Portal.Videos;
using Portal.Videos.Uploads;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>A list that the API offers, in one of its orders and with one of its filters.</summary>
public sealed record ListRead(string Name, Caller As, Func<IServiceProvider, Task> Read);

/// <summary>Every list, for a look at how it is planned. Those of tasks in the tenant that has half of them all.</summary>
public static class ListReads
{
    private const int Biggest = 0;
    private static readonly Page First = new(50, null);
    private static readonly Caller Admin = Person("user", Role.Admin);
    private static readonly Caller Member = Person("member", Role.Agency);
    private static readonly ProjectId Project = new(ApiData.Key("project", Biggest));
    private static readonly string[] Orders = [TaskListQuery.Newest, TaskListQuery.ByDue, TaskListQuery.ByPriority, TaskListQuery.ByTitle];

    /// <summary>Each in its own direction and against it.</summary>
    public static IEnumerable<ListRead> All =>
        [.. Lists(First), .. Lists(First with { Reversed = true }).Select(list => list with { Name = $"{list.Name}:reversed" })];

    private static IEnumerable<ListRead> Lists(Page page) =>
        [.. Tasks(page), .. Work(page), .. Review(page), .. People(page), .. AuditLog(page), .. Playback(page)];

    private static Caller Person(string kind, string role) =>
        new(
            new TenantId(
                ApiData.Key("tenant", Biggest)), new UserId(ApiData.Key(kind, Biggest)), role, ApiData.ClerkUser(Biggest), null, "bench");

    private static ListRead Of<TStore>(string name, Caller caller, Func<TStore, Caller, Task> read)
        where TStore : notnull => new(name, caller, portal => read(portal.GetRequiredService<TStore>(), caller));

    private static IEnumerable<ListRead> Tasks(Page page)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var filters = new (string Name, TaskFilter Filter)[]
        {
            ("all", new()),
            ("project", new(Project: Project)),
            ("status", new(Statuses: [TaskItemStatus.Blocked])),
            ("priority", new(Priorities: [TaskPriority.Urgent])),
            ("assignee", new(Assignee: Member.User)),
            ("watcher", new(Watcher: Admin.User)),
            ("due-before", new(DueBefore: today)),
            ("due-after", new(DueAfter: today.AddDays(30))),
            ("overdue", new(Overdue: true)),
            ("text", new(Text: "abc")),
            ("milestone", new(Milestone: new MilestoneId(Guid.NewGuid()))),
        };
        foreach (var order in Orders)
        {
            foreach (var (name, filter) in filters)
            {
                yield return Of<TaskListQuery>(
                    $"tasks:{order}:{name}", Admin, (s, c) => s.ReadAsync(c.Tenant, c, filter, order, page, default));
            }

            yield return Of<TaskListQuery>(
                $"tasks:{order}:member", Member, (s, c) => s.ReadAsync(c.Tenant, c, new TaskFilter(), order, page, default));
        }
    }

    private static IEnumerable<ListRead> Work(Page page)
    {
        foreach (var (who, caller) in new[] { ("admin", Admin), ("member", Member) })
        {
            foreach (var order in new[] { ProjectListQuery.Newest, ProjectListQuery.ByName })
            {
                yield return Of<ProjectListQuery>(
                    $"projects:{order}:{who}", caller, (s, c) => s.ReadAsync(c.Tenant, c, new ProjectFilter(), order, page, default));
            }

            yield return Of<ProjectListQuery>(
                $"projects:of-somebody:{who}", caller, (s, c) =>
                    s.ReadAsync(c.Tenant, c, new ProjectFilter(Member: Member.User), ProjectListQuery.Newest, page, default));
            yield return Of<ProjectListQuery>(
                $"projects:text:{who}", caller, (s, c) =>
                    s.ReadAsync(c.Tenant, c, new ProjectFilter(Text: "ab"), ProjectListQuery.Newest, page, default));
            yield return Of<MilestoneStore>(
                $"milestones:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new MilestoneFilter(), page, default));
            yield return Of<MilestoneStore>(
                $"milestones:project:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new MilestoneFilter(Project), page, default));
            yield return Of<AssetStore>(
                $"assets:newest:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new AssetFilter(), false, page, default));
            yield return Of<AssetStore>(
                $"assets:title:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new AssetFilter(), true, page, default));
            yield return Of<AssetStore>(
                $"assets:project:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new AssetFilter(Project), false, page, default));
            yield return Of<AssetStore>(
                $"assets:text:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new AssetFilter(Text: "ab"), false, page, default));
            yield return Of<AssetStore>(
                $"assets:status:{who}", caller, (s, c) =>
                    s.ListAsync(c.Tenant, c, new AssetFilter(Statuses: ["ready"]), true, page, default));
            yield return Of<UploadStore>($"uploads:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new UploadFilter(), page, default));
            yield return Of<UploadStore>(
                $"uploads:project:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, new UploadFilter(Project), page, default));
            yield return Of<UploadStore>(
                $"uploads:mine:{who}", caller, (s, c) =>
                    s.ListAsync(c.Tenant, c, new UploadFilter(Statuses: ["waiting"], By: c.User), page, default));
            yield return Of<ShareLinkStore>($"share-links:{who}", caller, (s, c) => s.ListAsync(c.Tenant, c, null, page, default));
            yield return Of<ShareLinkStore>(
                $"share-links:asset:{who}", caller, (s, c) =>
                    s.ListAsync(c.Tenant, c, new AssetId(ApiData.Key("asset", Biggest)), page, default));
        }

        yield return Of<TemplateStore>("templates", Admin, (s, c) => s.ListAsync(c.Tenant, TemplateStatus.Active, null, page, default));
        yield return Of<TemplateStore>(
            "templates:text", Admin, (s, c) => s.ListAsync(c.Tenant, TemplateStatus.Active, "plate 7", page, default));
        yield return Of<AssetStore>(
            "asset-versions", Admin, (s, c) =>
                s.ListVersionsAsync(c.Tenant, c, new AssetId(ApiData.Key("asset", Biggest)), page, default));
        yield return Of<MemberStore>("project-members", Admin, (s, c) => s.ListAsync(c.Tenant, Project, page, default));
    }

    private static IEnumerable<ListRead> Review(Page page)
    {
        var version = new AssetVersionId(ApiData.Key("version", Biggest));
        foreach (var order in Enum.GetValues<CommentOrder>())
        {
            yield return Of<CommentStore>(
                $"comments:{order}", Member, (s, c) => s.ListAsync(c.Tenant, c, version, new CommentFilter(), order, page, default));
            yield return Of<CommentStore>(
                $"comments:{order}:open", Admin, (s, c) =>
                    s.ListAsync(c.Tenant, c, version, new CommentFilter(Resolved: false), order, page, default));
            yield return Of<CommentStore>(
                $"comments:{order}:author", Admin, (s, c) =>
                    s.ListAsync(c.Tenant, c, version, new CommentFilter(Author: Member.User), order, page, default));
            yield return Of<CommentStore>($"comments:{order}:guest", Admin, (s, c) =>
                s.ListForGuestAsync(
                    c.Tenant, version, new CommentFilter(Link: new ShareLinkId(ApiData.Key("link", 0))), order, page, default));
        }

        yield return Of<ShareLinkStore>(
            "share-links:opens", Admin, (s, c) => s.ListOpensAsync(c.Tenant, c, new ShareLinkId(ApiData.Key("link", 0)), page, default));
        yield return Of<ShareLinkStore>(
            "share-links:addressed", Member with { Role = Role.Client }, (s, c) => s.ListAddressedAsync(c.Tenant, c, page, default));
    }

    private static IEnumerable<ListRead> People(Page page)
    {
        yield return Of<UserStore>(
            "users:name", Admin, (s, c) => s.ListAsync(c.Tenant, c, new UserFilter(null, null, null), true, page, default));
        yield return Of<UserStore>(
            "users:newest", Admin, (s, c) => s.ListAsync(c.Tenant, c, new UserFilter(null, null, null), false, page, default));
        yield return Of<UserStore>(
            "users:role", Admin, (s, c) => s.ListAsync(c.Tenant, c, new UserFilter(Role.Client, "active", null), true, page, default));
        yield return Of<UserStore>(
            "users:text", Admin, (s, c) => s.ListAsync(c.Tenant, c, new UserFilter(null, null, "person"), true, page, default));
        yield return Of<InviteStore>("invites", Admin, (s, c) => s.ListAsync(c.Tenant, c, null, page, default));
        yield return Of<InviteStore>("invites:status", Admin, (s, c) => s.ListAsync(c.Tenant, c, "pending", page, default));
        yield return Of<VendorReviewStore>("vendor-reviews", Admin, (s, c) => s.ListAsync(c.Tenant, null, page, default));
        yield return Of<VendorReviewStore>("vendor-reviews:vendor", Admin, (s, c) => s.ListAsync(c.Tenant, "mux", page, default));
        yield return Of<OutboundEndpointStore>("webhook-endpoints", Admin, (s, c) => s.ListAsync(c.Tenant, null, page, default));
        yield return Of<OutboundEndpointStore>("webhook-endpoints:enabled", Admin, (s, c) => s.ListAsync(c.Tenant, true, page, default));
        yield return Of<WebhookLogStore>(
            "webhook-deliveries", Admin, (s, c) => s.ListAsync(c.Tenant, ApiData.Key("endpoint", Biggest), null, page, default));
        yield return Of<WebhookLogStore>(
            "webhook-deliveries:failed", Admin, (s, c) =>
                s.ListAsync(c.Tenant, ApiData.Key("endpoint", Biggest), "failed", page, default));
        yield return Of<NotificationStore>("notifications", Admin, (s, c) => s.ListAsync(c.Tenant, c, null, null, page, default));
        yield return Of<NotificationStore>("notifications:unread", Admin, (s, c) => s.ListAsync(c.Tenant, c, true, null, page, default));
        yield return Of<NotificationStore>(
            "notifications:type", Admin, (s, c) => s.ListAsync(c.Tenant, c, null, "comment_added", page, default));
    }

    private static IEnumerable<ListRead> AuditLog(Page page)
    {
        var any = new AuditFilter(null, null, null, null, null, null);
        foreach (var (name, filter) in new[]
                 {
                     ("audit", any),
                     ("audit:actor", any with { Actor = Member.User.ToString() }),
                     ("audit:action", any with { Action = "share_link_created" }),
                     ("audit:type", any with { EntityType = "task" }),
                     ("audit:entity", any with { EntityId = Guid.NewGuid() }),
                     ("audit:time", any with { From = TimeProvider.System.GetUtcNow().AddMinutes(-10) }),
                 })
        {
            yield return Of<AuditStore>(name, Admin, (s, c) => s.ListAsync(c.Tenant, filter, page, default));
        }
    }

    private static IEnumerable<ListRead> Playback(Page page)
    {
        foreach (var (name, filter) in new (string, PlaybackFilter)[]
                 {
                     ("playback", new()),
                     ("playback:link", new(LinkId: ApiData.Key("link", 0))),
                     ("playback:asset", new(AssetId: ApiData.Key("asset", Biggest))),
                     ("playback:viewer", new(ViewerId: Guid.NewGuid())),
                     ("playback:user", new(UserId: Member.User.Value)),
                     ("playback:time", new(From: TimeProvider.System.GetUtcNow().AddMinutes(-10))),
                 })
        {
            yield return Of<PlaybackStore>(name, Admin, (s, c) => s.ListAsync(c.Tenant, filter, page, default));
        }
    }
}
