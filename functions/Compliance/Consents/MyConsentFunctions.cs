using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance.Consents;
using Portal.Foundation.Audit;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Compliance.Consents;

public sealed class ReadMyConsentsFunction(ConsentQuery consents)
{
    [Function("ReadMyConsents")]
    [Allows(PortalAction.ReadMe)]
    [Operation("Read what I consented to", Returns = typeof(ConsentsJson),
        Details = "granted is what counts, for this request: a browser that sends Sec-GPC: 1 or DNT: 1 is a no.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/me/consents")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return ConsentsJson.Reply(
            await consents.ReadAsync(caller.Tenant, ConsentSubject.Person(caller.User), request.Signal(), ct));
    }
}

public sealed class DecideMyConsentsFunction(DecideConsents decide, Writes writes)
{
    [Function("DecideMyConsents")]
    [Allows(PortalAction.UpdateMe)]
    [Operation("Give or withdraw my consent", Takes = typeof(DecideConsentsInput), Returns = typeof(ConsentsJson),
        Details = "A grant beside Sec-GPC: 1 or DNT: 1 is kept, and has no effect on requests that carry the signal.")]
    [Refuses(403, "impersonated", "Somebody acts for the person: nobody consents for somebody else.")]
    [Refuses(409, "unknown-notice", "There is no such version of the privacy notice.")]
    [Refuses(409, "notice-outdated", "A purpose is granted under a version that is not current. Denying and withdrawing are taken.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/me/consents")] HttpRequest request) =>
        writes.PutAsync<DecideConsentsInput>(request, async (tx, caller, input) => (await decide.RunAsync(
            tx, caller.Tenant, ConsentSubject.Person(caller.User), Actor.From(caller), input.NoticeVersion, input.Wanted(),
            request.Signal())).Answer(ConsentsJson.Reply));
}
