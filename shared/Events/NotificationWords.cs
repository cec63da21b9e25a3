using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>A notification as a sentence, in Australian English. Names and titles are those of this moment: none is stored with
/// it.</summary>
public static class NotificationWords
{
    public static string Say(Notification n)
    {
        if (!n.Readable)
        {
            return "Something happened that you can no longer see.";
        }

        var (who, what) = (n.ActorName ?? "Somebody", n.Title is null ? "something that is gone" : $"“{n.Title}”");
        return n.Type switch
        {
            EventTypes.InviteCreated => $"{who} invited {n.Title ?? "somebody"}.",
            EventTypes.UserEnrolled => $"{n.Title ?? "Somebody"} joined the portal.",
            EventTypes.UserRoleChanged => $"{who} changed your role to {n.Detail}.",
            EventTypes.ProjectCreated => $"{who} created the project {what} with you in it.",
            EventTypes.ProjectMemberAdded => $"{who} added you to the project {what}.",
            EventTypes.TaskStatusChanged => $"{who} moved {what} to {n.Detail?.Replace('_', ' ')}.",
            EventTypes.AssetReady => $"{what} is ready to watch.",
            EventTypes.AssetFailed => $"{what} could not be processed.",
            EventTypes.AssetVersionReplaced => $"{what} has a new version.",
            EventTypes.ShareLinkOpened => $"Your link to {what} was opened.",
            EventTypes.ShareLinkExpired => $"Your link to {what} has expired.",
            EventTypes.ShareLinkRevoked => $"{who} revoked a link to {what}.",
            EventTypes.CommentAdded => n.Mentioned ? $"{who} mentioned you on {what}." : $"{who} commented on {what}.",
            EventTypes.EmailBounced => "An e-mail could not be delivered.",
            _ => $"{n.Type.Replace('_', ' ')}: {what}.",
        };
    }
}
