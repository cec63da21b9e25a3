using System.Text.Json;
using Portal.Audit;
using Portal.Invites;
using Portal.Vendors.Clerk;
using Portal.Webhooks;

namespace Portal.Users;

/// <summary>
/// From Clerk event name to use case. Names not listed are recorded and left: roles are ours (so not <c>organizationMembership.updated</c>),
/// and a portal is set up by its first Admin (so not <c>organization.created</c>).
/// </summary>
public sealed class ClerkEvents(FollowClerk people, FollowInvitation invitations) : IWebhookEvents
{
    private static readonly Handled Unreadable = new(HandledAs.Ignored, "not_ours");

    public string Provider => "clerk";

    /// <summary>Svix has the id in the headers.</summary>
    public (string Id, string Type)? Read(string? headerId, JsonElement body) =>
        WebhookJson.Word(headerId) is { } id && WebhookJson.Word(body.Text("type")) is { } type && body.Object("data") is not null ? (id, type) : null;

    public bool Uses(string type) => type is "user.created" or "user.updated" or "user.deleted"
        or "organizationMembership.created" or "organizationMembership.deleted"
        or "organizationInvitation.created" or "organizationInvitation.accepted" or "organizationInvitation.revoked";

    public async Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct)
    {
        var data = webhook.Body.GetProperty("data");
        var actor = Actor.Clerk(webhook.Id);
        return webhook.Type switch
        {
            "user.created" or "user.updated" => ClerkNews.User(data) is { } person ? await people.PersonChangedAsync(person, actor, ct) : Unreadable,
            "user.deleted" => ClerkNews.UserId(data) is { } id ? await people.PersonGoneAsync(id, actor, ct) : Unreadable,
            "organizationMembership.created" => ClerkNews.Membership(data) is { } joined ? await people.JoinedAsync(joined, actor, ct) : Unreadable,
            "organizationMembership.deleted" => ClerkNews.Membership(data) is { } left ? await people.LeftAsync(left, actor, ct) : Unreadable,
            "organizationInvitation.created" => ClerkNews.Invitation(data) is { } made ? await invitations.MadeAsync(made, ct) : Unreadable,
            "organizationInvitation.accepted" => ClerkNews.Invitation(data) is { } accepted ? await invitations.AcceptedAsync(accepted, ct) : Unreadable,
            "organizationInvitation.revoked" => ClerkNews.Invitation(data) is { } revoked ? await invitations.RevokedAsync(revoked, actor, ct) : Unreadable,
            _ => new(HandledAs.Ignored, "not_used"),
        };
    }
}
