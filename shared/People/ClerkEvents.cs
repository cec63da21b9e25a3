using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Webhooks;
using Portal.Vendors.Clerk;

namespace Portal.People;

/// <summary>
/// From Clerk event name to use case. Names not listed are recorded and left: roles are ours (so not
/// <c>organizationMembership.updated</c>), and a portal is set up by its first Admin (so not <c>organization.created</c>).
/// </summary>
public sealed class ClerkEvents(SyncClerkUser people, SyncInvitation invitations) : IWebhookHandler
{
    private static readonly Handled Unreadable = new(HandledAs.Ignored, "not_ours");

    public string Provider => "clerk";

    /// <summary>Svix has the id in the headers.</summary>
    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        WebhookBody.Word(headerId) is { } id && WebhookBody.Word(body.Text("type")) is { } type && body.Object("data") is not null
            ? (id, type)
            : null;

    public bool Uses(string type) => type is "user.created" or "user.updated" or "user.deleted"
        or "organizationMembership.created" or "organizationMembership.deleted"
        or "organizationInvitation.created" or "organizationInvitation.accepted" or "organizationInvitation.revoked";

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var data = webhook.Body.GetProperty("data");
        var actor = Actor.Clerk(webhook.Id);
        return webhook.Type switch
        {
            "user.created" or "user.updated" =>
                ClerkChange.User(data) is { } person ? await people.PersonChangedAsync(person, actor, ct) : Unreadable,
            "user.deleted" => ClerkChange.UserId(data) is { } id ? await people.PersonGoneAsync(id, actor, ct) : Unreadable,
            "organizationMembership.created" =>
                ClerkChange.Membership(data) is { } joined ? await people.JoinedAsync(joined, actor, ct) : Unreadable,
            "organizationMembership.deleted" =>
                ClerkChange.Membership(data) is { } left ? await people.LeftAsync(left, actor, ct) : Unreadable,
            "organizationInvitation.created" =>
                ClerkChange.Invitation(data) is { } made ? await invitations.MadeAsync(made, ct) : Unreadable,
            "organizationInvitation.accepted" =>
                ClerkChange.Invitation(data) is { } accepted ? await invitations.AcceptedAsync(accepted, ct) : Unreadable,
            "organizationInvitation.revoked" =>
                ClerkChange.Invitation(data) is { } revoked ? await invitations.RevokedAsync(revoked, actor, ct) : Unreadable,
            _ => new(HandledAs.Ignored, "not_used"),
        };
    }
}
