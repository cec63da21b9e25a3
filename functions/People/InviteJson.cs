using Microsoft.AspNetCore.Http;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

/// <summary>What became of an invite.</summary>
public static class InviteStatus
{
    public static IReadOnlyList<string> All { get; } = ["pending", "accepted", "expired", "revoked"];
}

/// <summary>An invite on the wire, for Admins.</summary>
/// <param name="Delivery">pending: Clerk is still to be told; sent: its e-mail is out; refused: Clerk said no, see <c>deliveryFault</c>;
/// ended: nothing is out.</param>
public sealed record InviteJson(
    Guid Id, string Email, [OneOf(typeof(Role))] string Role, IReadOnlyList<Guid> ProjectIds,
    [OneOf(typeof(InviteStatus))] string Status, DateTimeOffset ExpiresAt,
    [OneOf("pending", "sent", "refused", "ended")] string Delivery,
    string? DeliveryFault,
    Guid InvitedBy, string InvitedByName, Guid? AcceptedBy, string? AcceptedByName,
    DateTimeOffset? AcceptedAt, int Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static InviteJson From(Invite i) => new(
        i.Id.Value, i.Email, i.Role, i.ProjectIds, i.Status, i.ExpiresAt, DeliveryOf(i), i.ClerkFault, i.InvitedBy.Value, i.InvitedByName,
        i.AcceptedBy, i.AcceptedByName,
        i.AcceptedAt, i.Version,
        i.CreatedAt, i.UpdatedAt);

    private static string DeliveryOf(Invite i) => i switch
    {
        { Status: not "pending" } => "ended",
        { ClerkState: "wanted" } => "pending",
        { ClerkState: "refused" } => "refused",
        _ => "sent",
    };
}

/// <summary>After the commit: tells Clerk, and says in the answer how that went. What does not get through is left to the sweep.</summary>
public sealed class InviteDelivery(SyncInvite sync, InviteStore invites)
{
    public async Task<IResult> FinishAsync(HttpRequest request, Reply reply)
    {
        var caller = request.HttpContext.Caller();
        var id = new InviteId(reply.Body!["id"]!.GetValue<Guid>());
        await sync.RunAsync(caller.Tenant, id, request.HttpContext.RequestAborted);
        if (await invites.FindAsync(caller.Tenant, caller, id, request.HttpContext.RequestAborted) is not { } invite)
        {
            return reply;
        }

        var now = InviteJson.From(invite);
        var body = reply.Body.DeepClone().AsObject();
        body["delivery"] = now.Delivery;
        body["deliveryFault"] = now.DeliveryFault;
        return reply with { Body = body };
    }
}
