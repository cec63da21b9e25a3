using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>Takes requests for erasure on: commits the row, then starts its orchestration, unless it is held back. Should this process die
/// between, the sweep starts it.</summary>
public sealed class ErasureRequests(
    ErasureStore store, ErasureRequestStore requests, ErasureCertificates certificates, Writes writes, TimeProvider clock)
{
    public Task<IResult> PostAsync<T>(
        HttpRequest request, DurableTaskClient durable, Func<Tx, Caller, T, Task<Result<NewErasure>>> wanted, CancellationToken ct)
        where T : class => writes.PostAsync<T>(request, async (tx, caller, input) =>
    {
        if ((await wanted(tx, caller, input)).IsRefused(out var refusal, out var erasure))
        {
            return refusal.Problem();
        }

        var made = await requests.RequestAsync(tx, caller.Tenant, Actor.From(caller), erasure);
        return made.Answer(e => Reply.Created($"/api/erasures/{e.Id}", ErasureJson.From(e, certificates), e.Version));
    }, reply => StartAsync(request, reply, durable, ct));

    private async Task<IResult> StartAsync(HttpRequest request, Reply reply, DurableTaskClient durable, CancellationToken ct)
    {
        var id = reply.Body!["id"]!.GetValue<Guid>();
        if (await store.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { Status: ErasureStatus.Requested } erasure
            && erasure.StartsAt <= clock.GetUtcNow())
        {
            await new ErasureStarter(durable).StartOnceAsync(erasure.Kind, erasure.Ref, ct);
        }

        return reply;
    }
}

public sealed class RequestErasureFunction(ErasureRequests requests, ErasureRequestStore store)
{
    [Function("RequestErasure")]
    [Allows(PortalAction.RequestErasure)]
    [Operation("Request an erasure", Takes = typeof(RequestErasureInput), Returns = typeof(ErasureJson), Status = 201, TakesKey = true,
        Details = "Carried out within 24 hours. Asked again while one of the same subject waits, it is that one, which begins at once. "
            + "That of the tenant is for an Admin, needs its name typed again, and begins after 7 days, in which an Admin may cancel it; "
            + "the Admins are told. Make an export of the tenant first.")]
    [Refuses(403, "forbidden", "The erasure of a tenant is for an Admin.")]
    [Refuses(404, "not-found", "There is no such user.")]
    [Refuses(409, "last-admin", "Nobody else would be an active Admin.")]
    [Refuses(409, "erased", "The person has been erased.")]
    [Refuses(409, "erasure-begun", "An erasure of the same subject is under way.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/erasures")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        requests.PostAsync<RequestErasureInput>(request, durable, async (tx, caller, input) => input.TenantName is { } name
            ? await OfTenantAsync(tx, caller, name)
            : new NewErasure(input.Kind, input.Person, input.Email, input.Viewers, input.Comments), ct);

    private async Task<Result<NewErasure>> OfTenantAsync(Tx tx, Caller caller, string name) =>
        caller.Role != Role.Admin ? ErasureRequestStore.OfTenant
        : await store.IsNameOfAsync(tx, caller.Tenant, name)
            ? new NewErasure(SubjectKind.Tenant, null, null, [], ErasedComments.Remove)
            : new Refusal.InvalidField("tenantName", "own", "must be what this portal is called, letter for letter.");
}

public sealed class EraseMeFunction(ErasureRequests requests, ErasureRequestStore store)
{
    [Function("EraseMe")]
    [Allows(PortalAction.EraseMe)]
    [Operation("Request one's own erasure", Takes = typeof(EraseMeInput), Returns = typeof(ErasureJson), Status = 201,
        Details = "Carried out within 24 hours: the session ends, and the account with it, so that asking again is refused (403). The "
            + "code in the answer opens the certificate.")]
    [Refuses(409, "last-admin", "Nobody else would be an active Admin.")]
    [Refuses(409, "erasure-begun", "It is under way.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/me/erasure")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        requests.PostAsync<EraseMeInput>(request, durable, async (tx, caller, input) =>
            await store.IsAddressOfAsync(tx, caller, input.Email)
                ? new NewErasure(SubjectKind.Person, caller.User, null, [], input.Comments)
                : new Refusal.InvalidField("email", "own", "must be your own address."), ct);
}

public sealed class ListErasuresFunction(ErasureStore store, ErasureCertificates certificates, Lists lists)
{
    private const string Name = "erasures";

    [Function("ListErasures")]
    [Allows(PortalAction.ReadErasure)]
    [Operation("List requests for erasure, newest first", Query = typeof(ListErasuresInput), Returns = typeof(PageOf<ErasureJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/erasures")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListErasuresInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await store.ListAsync(tenant, query.Status, page, ct);
        long? total = query.Total ? await store.CountAsync(tenant, query.Status, ct) : null;
        return lists.Page(
            request, rows, page, Name, e => Position.Of(e.RequestedAt, e.Id), e => ErasureJson.From(e, certificates), total: total);
    }
}

public sealed class ReadErasureFunction(ErasureStore store, ErasureCertificates certificates)
{
    [Function("ReadErasure")]
    [Allows(PortalAction.ReadErasure)]
    [Operation("Read a request for erasure", Returns = typeof(ErasureJson))]
    [Refuses(404, "not-found", "There is no such request.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/erasures/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await store.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { } erasure
            ? Reply.Ok(ErasureJson.From(erasure, certificates), erasure.Version)
            : Problem.NotFound("erasure");
}

public sealed class CancelErasureFunction(ErasureRequestStore store, ErasureCertificates certificates, Writes writes)
{
    [Function("CancelErasure")]
    [Allows(PortalAction.RequestErasure)]
    [Operation("Cancel an erasure that has not begun", Returns = typeof(ErasureJson), TakesKey = true,
        Details = "Of somebody who was deleted at Clerk by mistake: they stay deactivated, and are invited anew. Of the tenant: for an "
            + "Admin, within the 7 days or while a legal hold is in force; the Admins are told.")]
    [Refuses(403, "forbidden", "The erasure of a tenant is for an Admin.")]
    [Refuses(404, "not-found", "There is no such request.")]
    [Refuses(409, "erasure-begun", "It has begun, or is over.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/erasures/{id:guid}/cancel")] HttpRequest request, Guid id) =>
        writes.PostAsync(request, async (tx, caller) =>
            (await store.CancelAsync(tx, caller, id)).Answer(
                e => Reply.Ok(ErasureJson.From(e, certificates), e.Version)));
}

public sealed class ReadErasureCertificateFunction(ErasureStore store, AuditKeys keys)
{
    [Function("ReadErasureCertificate")]
    [Allows(PortalAction.ReadErasure)]
    [Operation("Read the certificate of an erasure", Returns = typeof(SignedErasureCertificateJson),
        Details = "`dotnet run --project infra/local -- erasure verify <file>` checks the answer without the portal.")]
    [Refuses(404, "not-found", "There is no such request, or it is not completed.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/erasures/{id:guid}/certificate")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await store.FindCertificateAsync(request.HttpContext.Caller().Tenant, id, ct) is { } certificate
            ? Reply.Ok(SignedErasureCertificateJson.From(certificate, keys))
            : Problem.NotFound("certificate");
}

public sealed class OpenErasureCertificateFunction(
    ErasureStore store, ErasureCertificates certificates, AuditKeys keys, RateLimitStore limits, RequesterHash hash)
{
    [Function("OpenErasureCertificate")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Open the certificate of an erasure by its code", Returns = typeof(SignedErasureCertificateJson), IsTagged = true,
        Details = "For whoever was erased: they have no account any more.")]
    [Refuses(404, "not-found", "It is no such code, or the erasure is not completed.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/erasures/by-code/{code}")] HttpRequest request,
        string code,
        CancellationToken ct)
    {
        var hit = await limits.TakePlaybackAsync(request.HttpContext.Requester(hash), ct);
        if (!hit.Allowed)
        {
            var most = limits.Limits.PlaybacksPerMinute;
            return Problem.TooMany(hit.RetryAfter, $"At most {most} such requests a minute.", most);
        }

        return certificates.ErasureOf(code) is { } erasure && await store.FindCertificateAsync(erasure, ct) is { } certificate
            ? Reply.Ok(SignedErasureCertificateJson.From(certificate, keys))
            : Problem.NotFound("certificate");
    }
}
