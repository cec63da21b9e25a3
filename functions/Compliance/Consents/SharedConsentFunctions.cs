using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance.Consents;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Sharing;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Compliance.Consents;

/// <summary>Consents of whoever has opened a share link: the guest's for this link, or the member's who is signed in beside it.</summary>
public sealed class ReadSharedConsentsFunction(ConsentQuery consents, GuestAccess access)
{
    [Function("ReadSharedConsents")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation("Read what I consented to, as a guest", Returns = typeof(ConsentsJson), IsTagged = true,
        Details = "Needs the cookie that opening the link gave. A guest decides for one link; a member who is signed in for the portal.")]
    [Refuses(429, "too-many-requests", "More than 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/share/{token}/consents")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        return ConsentsJson.Reply(await consents.ReadAsync(guest.TenantId, SubjectOf(guest), request.Signal(), ct));
    }

    internal static ConsentSubject SubjectOf(GuestLink guest) => ConsentSubject.Guest(guest.ViewerId, guest.UserId);
}

public sealed class DecideSharedConsentsFunction(DecideConsents decide, GuestAccess access, RateLimitStore limit, Writes writes)
{
    private const int PerMinute = 20;

    [Function("DecideSharedConsents")]
    [Allows(PortalAction.Anonymous)]
    [EntersShareLink]
    [Operation("Give or withdraw my consent, as a guest", Takes = typeof(DecideConsentsInput), Returns = typeof(ConsentsJson),
        IsTagged = true,
        Details = "Needs the cookie that opening the link gave. A grant beside Sec-GPC: 1 or DNT: 1 is kept, and has no effect on "
            + "requests that carry the signal.")]
    [Refuses(409, "unknown-notice", "There is no such version of the privacy notice.")]
    [Refuses(409, "notice-outdated", "A purpose is granted under a version that is not current. Denying and withdrawing are taken.")]
    [Refuses(429, "too-many-requests", "More than 20 decisions a minute of one guest, or 100 requests in a minute from one address.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/share/{token}/consents")] HttpRequest request,
        string token,
        CancellationToken ct)
    {
        if ((await access.EnterAsync(request, token, ct)).IsRefused(out var refusal, out var guest))
        {
            return refusal.Problem();
        }

        return await writes.PutAsync<DecideConsentsInput>(request, guest.TenantId, async (tx, input) =>
        {
            var subject = ReadSharedConsentsFunction.SubjectOf(guest);
            var actor = SharedComments.Author(request, guest).Actor;
            var decided = await decide.RunAsync(
                tx, guest.TenantId, subject, actor, input.NoticeVersion, input.Wanted(), request.Signal());
            if (decided.IsRefused(out var why, out var overview))
            {
                return why.Problem();
            }

            var hit = await limit.TakeAsync(tx, $"guest-consents:{subject.Id}", TimeSpan.FromMinutes(1), PerMinute);
            return hit.Allowed
                ? ConsentsJson.Reply(overview)
                : Problem.TooMany(hit.RetryAfter, $"At most {PerMinute} decisions a minute.");
        });
    }
}
