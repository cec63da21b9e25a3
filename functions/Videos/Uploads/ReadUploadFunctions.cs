using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos.Uploads;

public sealed class ReadUploadFunction(UploadStore store, UploadTargets targets)
{
    [Function("ReadUpload")]
    [Allows(PortalAction.ReadUpload)]
    [Operation("Read an upload job", Returns = typeof(UploadJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/uploads/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        return await store.FindAsync(caller.Tenant, caller, new UploadJobId(id), ct) is { } job
            ? Reply.Ok(targets.Json(job))
            : Problem.NotFound("upload");
    }
}

public sealed record ListUploadsInput : CountedListInput
{
    public Guid? ProjectId { get; init; }

    [Items(6), OneOf(typeof(UploadStatus)), About("Several: any of them.")]
    public IReadOnlyList<string> Status { get; init; } = [];

    [About("true: only those that the caller has requested.")]
    public bool Mine { get; init; }
}

public sealed class ListUploadsFunction(UploadStore store, UploadTargets targets, Lists lists)
{
    private const string Name = "uploads";

    [Function("ListUploads")]
    [Allows(PortalAction.ReadUpload)]
    [Operation("List upload jobs, newest first", Query = typeof(ListUploadsInput), Returns = typeof(PageOf<UploadJson>),
        Details = "One that waits for its file says where the bytes go, so that a browser that was closed can go on with it.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/uploads")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, page, problem) = lists.Read<ListUploadsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var filter = new UploadFilter(
            query.ProjectId is { } id ? new ProjectId(id) : null, query.Status, query.Mine ? caller.User : null);
        var rows = await store.ListAsync(caller.Tenant, caller, filter, page, ct);
        long? total = query.Total ? await store.CountAsync(caller.Tenant, caller, filter, ct) : null;
        return lists.Page(request, rows, page, Name, j => Position.Of(j.CreatedAt, j.Id.Value), targets.Json, total: total);
    }
}
