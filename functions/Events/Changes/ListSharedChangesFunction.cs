using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.Changes;
using Portal.Foundation.Faults;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Events.Changes;

/// <summary>What happens behind one share link, for a guest who has opened it: comments that they see, and the link's own end.</summary>
public sealed class ListSharedChangesFunction(GuestAccess access, ChangeStore store, ChangeAnswers answers)
{
    [Function("ListSharedChanges")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation(
        "Wait for changes behind a share link", Query = typeof(ListChangesInput), Returns = typeof(ChangesJson),
        AlsoAs = ChangeAnswers.EventStream, IsOfTheMoment = true,
        Details = "New comments, and that the link was extended, expired or revoked. Needs the cookie that opening the link gave. Who "
            + "waits when the link ends hears that last; asking again is refused as opening it is.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address, or more than four of one guest that wait.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/changes")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        var reader = new GuestReader(access, store, request, token, guest);
        return await answers.RunAsync(
            request,
            new(
                new(guest.TenantId, guest.ViewerId, reader.ReadAsync), $"shared-changes:{guest.ShareLinkId}",
                (change, _) => ChangeJson.ForGuest(change.Event)),
            ct);
    }

    /// <summary>Passes the link's guards again before it tells anything that came while the guest waited.</summary>
    private sealed class GuestReader(GuestAccess access, ChangeStore store, HttpRequest request, string token, GuestLink entered)
    {
        private GuestLink guest = entered;
        private bool justEntered = true;

        public async Task<Result<ChangePage>> ReadAsync(ChangePosition after, CancellationToken ct)
        {
            var page = await store.ReadAsync(
                guest.TenantId, guest.ShareLinkId, guest.AssetVersionId, guest.AllowComments, ChangeTypes.OfLink, after, ct);
            var guarded = justEntered || page.Changes.Count == 0;
            justEntered = false;
            if (guarded)
            {
                return page;
            }

            if (!(await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var again))
            {
                guest = again;
                return page;
            }

            var end = page.Changes.Where(change => ChangeTypes.OfLink.Contains(change.Event.Type)).ToList();
            return end.Count > 0 ? page with { Changes = end } : refusal;
        }
    }
}
