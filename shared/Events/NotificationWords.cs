using System.Collections.Frozen;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>A notification as a sentence, in Australian English. Names and titles are those of this moment: none is stored with
/// it.</summary>
public static class NotificationWords
{
    private static readonly FrozenDictionary<string, Func<Notification, string, string, string>> Sentences =
        new Dictionary<EventType, Func<Notification, string, string, string>>
        {
            [EventType.InviteCreated] = (n, who, _) => $"{who} invited {n.Title ?? "somebody"}.",
            [EventType.UserEnrolled] = (n, _, _) => $"{n.Title ?? "Somebody"} joined the portal.",
            [EventType.UserRoleChanged] = (n, who, _) => $"{who} changed your role to {n.Detail}.",
            [EventType.ProjectCreated] = (_, who, what) => $"{who} created the project {what} with you in it.",
            [EventType.ProjectMemberAdded] = (_, who, what) => $"{who} added you to the project {what}.",
            [EventType.TaskStatusChanged] = (n, who, what) => $"{who} moved {what} to {n.Detail?.Replace('_', ' ')}.",
            [EventType.AssetReady] = (_, _, what) => $"{what} is ready to watch.",
            [EventType.AssetFailed] = (_, _, what) => $"{what} could not be processed.",
            [EventType.UploadReplayed] = (_, _, what) => $"The file of {what} is needed again.",
            [EventType.AssetExpiring] = (_, _, what) => $"{what} will be deleted two weeks from then unless somebody keeps it.",
            [EventType.AssetVersionReplaced] = (_, _, what) => $"{what} has a new version.",
            [EventType.ShareLinkOpened] = (_, _, what) => $"Your link to {what} was opened.",
            [EventType.ShareLinkExpired] = (_, _, what) => $"Your link to {what} has expired.",
            [EventType.ShareLinkRevoked] = (_, who, what) => $"{who} revoked a link to {what}.",
            [EventType.CommentAdded] = (n, who, what) => n.Mentioned ? $"{who} mentioned you on {what}." : $"{who} commented on {what}.",
            [EventType.TenantErasureRequested] = (_, who, _) =>
                $"{who} asked for the erasure of the whole portal. An Admin can take it back within a week.",
            [EventType.TenantErasureCancelled] = (_, who, _) => $"{who} took the erasure of the portal back.",
            [EventType.VendorReviewDue] = (_, _, _) => "Vendors are to be reviewed within two weeks.",
            [EventType.VendorReviewOverdue] = (_, _, _) => "The review of vendors is overdue.",
            [EventType.TenantBudgetReached] = (n, _, _) => $"{n.Detail} % of the month's budget is used.",
            [EventType.WebhookEndpointDisabled] = (_, _, what) => $"Webhooks to {what} are switched off.",
            [EventType.IncidentNoticeSent] = (_, _, what) => $"You have a notice about an incident: {what}.",
            [EventType.EmailBounced] = (_, _, _) => "An e-mail could not be delivered.",
        }.ToFrozenDictionary(sentence => sentence.Key.Name, sentence => sentence.Value);

    public static string Say(Notification n)
    {
        if (!n.Readable)
        {
            return "Something happened that you can no longer see.";
        }

        var (who, what) = (n.ActorName ?? "Somebody", n.Title is null ? "something that is gone" : $"“{n.Title}”");
        return Sentences.TryGetValue(n.Type, out var say) ? say(n, who, what) : $"{n.Type.Replace('_', ' ')}: {what}.";
    }
}
