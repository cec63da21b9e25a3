using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

public sealed record CreateInviteInput
{
    [Email, About("Clerk writes to it.", Example = "\"gus@agency.example\"")]
    public required string Email { get; init; }

    [OneOf(typeof(Role))]
    public required string Role { get; init; }

    [Items(100), About("Projects that they are put into when they accept.")]
    public IReadOnlyList<Guid> ProjectIds { get; init; } = [];

    [Whole(1, 30)]
    public int ExpiresInDays { get; init; } = 7;
}

public sealed class CreateInviteFunction(CreateInvite create, InviteDelivery delivery, Writes writes)
{
    [Function("CreateInvite")]
    [Allows(PortalAction.CreateInvite)]
    [Needs(Feature.Invites)]
    [Operation("Create an invite", Takes = typeof(CreateInviteInput), Returns = typeof(InviteJson), Status = 201, TakesKey = true,
        Details = "Clerk sends the e-mail. When it cannot just now, the invite is there all the same (delivery: pending) and is sent "
            + "later.")]
    [Refuses(409, "already-invited", "An invite to this address is pending.")]
    [Refuses(409, "already-member", "Somebody with this address is a member.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/invites")] HttpRequest request) =>
        writes.PostAsync<CreateInviteInput>(
            request,
            async (tx, caller, input) => (
                await create.RunAsync(
                    tx, caller, new(input.Email, input.Role, input.ProjectIds, TimeSpan.FromDays(input.ExpiresInDays)))).Answer(
                        invite => Reply.Created($"/api/invites/{invite.Id}", InviteJson.From(invite), invite.Version)),
            reply => delivery.FinishAsync(request, reply));
}
