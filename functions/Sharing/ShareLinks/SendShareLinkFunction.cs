using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

public sealed record SendShareLinkInput
{
    [Items(50), Email, About("Guests of the link; left out: all of them.")]
    public IReadOnlyList<string>? GuestEmails { get; init; }
}

/// <summary>Mails the link to its guests again: the first mail got lost, or somebody asks for it.</summary>
public sealed class SendShareLinkFunction(ShareLinkStore links, ShareLinkTransitions moves, Writes writes)
{
    [Function("SendShareLink")]
    [Allows(PortalAction.UpdateShareLink)]
    [Operation("Send a share link to its guests", Takes = typeof(SendShareLinkInput), Status = 204, TakesKey = true)]
    [Refuses(404, "not-found", "There is no such share link.")]
    [Refuses(409, "share-link-not-sendable", "It is not active, or it has no guests.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links/{id:guid}/send")] HttpRequest request, Guid id) =>
        writes.PostAsync<SendShareLinkInput>(request, async (tx, caller, input) =>
        {
            if (await links.FindAsync(tx, caller.Tenant, caller, new ShareLinkId(id)) is not { } link)
            {
                return Problem.NotFound("share link");
            }

            var wanted = input.GuestEmails is { } some ? ShareLinkEnds.Addresses(some) : link.GuestEmails;
            if (wanted.Except(link.GuestEmails).Any())
            {
                return Problem.Invalid([new("/guestEmails", "guest", "guestEmails must be guests of the link; add them to it first.")]);
            }

            return await moves.SendAsync(tx, caller.Tenant, caller, link, wanted)
                ? Reply.NoContent
                : Problem.Conflict("share-link-not-sendable", $"The share link is {link.Status} and has {link.GuestEmails.Count} guests.");
        });
}
