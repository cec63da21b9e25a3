using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

public sealed record ListInvitesInput : CountedListInput
{
    [OneOf(typeof(InviteStatus))]
    public string? Status { get; init; }
}

public sealed record ReissueInviteInput
{
    [Whole(1, 30)]
    public int ExpiresInDays { get; init; } = 7;
}

public sealed class ListInvitesFunction(InviteStore invites, Lists lists)
{
    private const string Name = "invites";

    [Function("ListInvites")]
    [Allows(PortalAction.ReadInvite)]
    [Operation("List invites, newest first", Query = typeof(ListInvitesInput), Returns = typeof(PageOf<InviteJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/invites")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListInvitesInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var rows = await invites.ListAsync(caller.Tenant, caller, query.Status, page, ct);
        long? total = query.Total ? await invites.CountAsync(caller.Tenant, caller, query.Status, ct) : null;
        return lists.Page(request, rows, page, Name, i => Position.Of(i.CreatedAt, i.Id.Value), InviteJson.From, total: total);
    }
}

public sealed class ReadInviteFunction(InviteStore invites)
{
    [Function("ReadInvite")]
    [Allows(PortalAction.ReadInvite)]
    [Operation("Read an invite", Returns = typeof(InviteJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/invites/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await invites.FindAsync(caller.Tenant, caller, new InviteId(id), ct) is { } invite
            ? Reply.Ok(InviteJson.From(invite), invite.Version)
            : Problem.NotFound("invite");
    }
}

public sealed class ReissueInviteFunction(CreateInvite create, InviteDelivery delivery, Writes writes)
{
    [Function("ReissueInvite")]
    [Allows(PortalAction.ReissueInvite)]
    [Needs(Feature.Invites)]
    [Operation("Reissue an invite", Takes = typeof(ReissueInviteInput), Returns = typeof(InviteJson), TakesKey = true)]
    [Refuses(404, "not-found", "There is no such invite.")]
    [Refuses(409, "invite-not-over", "It is pending or accepted.")]
    [Refuses(409, "already-invited", "Another invite to this address is pending.")]
    [Refuses(409, "already-member", "Somebody with this address is a member.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/invites/{id:guid}/reissue")] HttpRequest request, Guid id) =>
        writes.PostAsync<ReissueInviteInput>(
            request,
            async (tx, caller, input) => (
                await create.AgainAsync(tx, caller, new InviteId(id), TimeSpan.FromDays(input.ExpiresInDays))).Answer(
                    invite => Reply.Ok(InviteJson.From(invite), invite.Version)),
            reply => delivery.FinishAsync(request, reply));
}

public sealed class RevokeInviteFunction(InviteStore invites, InviteDelivery delivery, Writes writes)
{
    [Function("RevokeInvite")]
    [Allows(PortalAction.RevokeInvite)]
    [Operation(
        "Revoke an invite", Returns = typeof(InviteJson), TakesKey = true,
        Details = "From the answer on it lets nobody in, even if its link at Clerk still opens for a while.")]
    [Refuses(404, "not-found", "There is no such invite.")]
    [Refuses(409, "invite-not-pending", "It was accepted or revoked, or has expired.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/invites/{id:guid}/revoke")] HttpRequest request, Guid id) =>
        writes.PostAsync(
            request,
            async (tx, caller) => (await invites.RevokeAsync(tx, caller.Tenant, caller, new InviteId(id))).Answer(
                invite => Reply.Ok(InviteJson.From(invite), invite.Version)),
            reply => delivery.FinishAsync(request, reply));
}
