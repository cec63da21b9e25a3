using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>One thing that analytics count.</summary>
public sealed record Metric(string Name, double Amount = 1);

/// <summary>
/// What an event counts for. A pure function of the event, so that analytics can be made again from the events and come out the same.
/// </summary>
public static class EventMetrics
{
    public static IReadOnlyList<Metric> Of(PortalEvent e) => e.Type switch
    {
        EventTypes.InviteCreated => [new("invites_created")],
        EventTypes.UserEnrolled => [new("people_enrolled")],
        EventTypes.ProjectCreated => [new("projects_created")],
        EventTypes.TaskCreated => [new("tasks_created")],
        EventTypes.TemplateApplied => [new("templates_applied"), new("tasks_created", e.Ids("taskIds").Count)],
        EventTypes.TaskStatusChanged => Moved(e),
        EventTypes.AssetUploaded => [new("uploads")],
        EventTypes.AssetReady => [new("uploads_ready")],
        EventTypes.AssetFailed => [new("uploads_failed")],
        EventTypes.ShareLinkCreated => [new("share_links_created")],
        EventTypes.ShareLinkOpened => [new("share_link_opens")],
        EventTypes.ShareLinkRevoked => [new("share_links_revoked")],
        EventTypes.CommentAdded => [new("comments")],
        EventTypes.DigestSent => [new("digests_sent")],
        _ => [],
    };

    private static IReadOnlyList<Metric> Moved(PortalEvent e) =>
        e.Text("status") == "done" ? [new("tasks_completed")]
        : e.Text("previous") == "done" ? [new("tasks_reopened")]
        : [];
}
