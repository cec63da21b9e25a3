using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Compliance;
using Portal.Compliance.Exports;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Compliance.Exports;

/// <summary>Takes requests for exports on: commits the row, then starts its orchestration. Should this process die between, the sweep
/// starts it. Hands out addresses of files that are ready.</summary>
public sealed class ExportRequests(ExportStore store, MakeExport make)
{
    public async Task<IResult> AddAsync(Tx tx, Caller caller, NewExport wanted) =>
        (await store.RequestAsync(tx, caller.Tenant, caller, wanted)).Answer(
            e => Reply.Created($"/api/exports/{e.Id}", ExportJson.From(e), e.Version));

    public async Task<IResult> StartAsync(HttpRequest request, Reply reply, DurableTaskClient durable, CancellationToken ct)
    {
        var id = reply.Body!["id"]!.GetValue<Guid>();
        if (await store.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { Status: ExportStatus.Requested } export)
        {
            await new ExportStarter(durable).StartOnceAsync(export.Ref, ct);
        }

        return reply;
    }

    /// <summary>Audited before the address is known to anybody.</summary>
    public async Task<IResult> DownloadAsync(HttpRequest request, Export? export, CancellationToken ct)
    {
        if (export is not { Status: ExportStatus.Ready })
        {
            return export is null ? Problem.NotFound("export") : Problem.Conflict(
                "not-ready", export.Status == ExportStatus.Expired ? "Its file is gone." : "Its file is not there yet.");
        }

        var caller = request.HttpContext.Caller();
        await store.DownloadedAsync(caller, export, ct);
        return (await make.AddressAsync(export, ct)).IsFailure(out var failure, out var address)
            ? throw new TransientException($"No address of an export: {failure.Reason}")
            : Reply.Ok(new ExportDownloadJson(address.Url, address.Until));
    }
}

public sealed class RequestExportFunction(ExportRequests requests, Writes writes)
{
    [Function("RequestExport")]
    [Allows(PortalAction.RequestExport)]
    [Operation("Request a copy of somebody's data, or of all of the tenant's", Takes = typeof(RequestExportInput),
        Returns = typeof(ExportJson), Status = 201, TakesKey = true,
        Details = "A zip of JSON files, ready within minutes. Whoever asks gets a mail then. That of the tenant has addresses of its "
            + "media, which open as long as it is there, and can be restored into an empty portal.")]
    [Refuses(404, "not-found", "There is no such user.")]
    [Refuses(409, "export-begun", "An export of the same subject is being made.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/exports")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        writes.PostAsync<RequestExportInput>(
            request,
            (tx, caller, input) => requests.AddAsync(tx, caller, new NewExport(input.Kind, input.Person, input.Email, input.Viewers)),
            reply => requests.StartAsync(request, reply, durable, ct));
}

public sealed class ExportMeFunction(ExportRequests requests, Writes writes)
{
    [Function("ExportMe")]
    [Allows(PortalAction.ExportMe)]
    [Operation("Request a copy of one's own data", Returns = typeof(ExportJson), Status = 201, TakesKey = true,
        Details = "A zip of JSON files, ready within minutes: a mail tells. GET /api/me/export tells too.")]
    [Refuses(409, "export-begun", "One is being made.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/me/export")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) =>
        writes.PostAsync(
            request, (tx, caller) => requests.AddAsync(tx, caller, new NewExport(SubjectKind.Person, caller.User, null, [])),
            reply => requests.StartAsync(request, reply, durable, ct));
}

public sealed class ListExportsFunction(ExportStore store, Lists lists)
{
    private const string Name = "exports";

    [Function("ListExports")]
    [Allows(PortalAction.ReadExport)]
    [Operation("List exports, newest first", Query = typeof(ListExportsInput), Returns = typeof(PageOf<ExportJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/exports")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListExportsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await store.ListAsync(tenant, query.Status, page, ct);
        long? total = query.Total ? await store.CountAsync(tenant, query.Status, ct) : null;
        return lists.Page(request, rows, page, Name, e => Position.Of(e.RequestedAt, e.Id), ExportJson.From, total: total);
    }
}

public sealed class ReadExportFunction(ExportStore store)
{
    [Function("ReadExport")]
    [Allows(PortalAction.ReadExport)]
    [Operation("Read an export", Returns = typeof(ExportJson))]
    [Refuses(404, "not-found", "There is no such export.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/exports/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await store.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { } export
            ? Reply.Ok(ExportJson.From(export), export.Version)
            : Problem.NotFound("export");
}

public sealed class ReadMyExportFunction(ExportStore store)
{
    [Function("ReadMyExport")]
    [Allows(PortalAction.ExportMe)]
    [Operation("Read the newest copy of one's own data", Returns = typeof(ExportJson))]
    [Refuses(404, "not-found", "None was requested.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/me/export")] HttpRequest request, CancellationToken ct) =>
        await store.FindOwnAsync(request.HttpContext.Caller(), ct) is { } export
            ? Reply.Ok(ExportJson.From(export), export.Version)
            : Problem.NotFound("export");
}

public sealed class DownloadExportFunction(ExportStore store, ExportRequests requests)
{
    [Function("DownloadExport")]
    [Allows(PortalAction.RequestExport)]
    [Operation("Get an address of an export's file", Returns = typeof(ExportDownloadJson),
        Details = "Opens the file for 15 minutes, for whoever has it. Each is in the audit log.")]
    [Refuses(404, "not-found", "There is no such export.")]
    [Refuses(409, "not-ready", "Its file is not there yet, or is gone.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/exports/{id:guid}/download")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await requests.DownloadAsync(request, await store.FindAsync(request.HttpContext.Caller().Tenant, id, ct), ct);
}

public sealed class DownloadMyExportFunction(ExportStore store, ExportRequests requests)
{
    [Function("DownloadMyExport")]
    [Allows(PortalAction.ExportMe)]
    [Operation("Get an address of the file with one's own data", Returns = typeof(ExportDownloadJson),
        Details = "Of the newest. Opens it for 15 minutes, for whoever has the address.")]
    [Refuses(404, "not-found", "None was requested.")]
    [Refuses(409, "not-ready", "Its file is not there yet, or is gone.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/me/export/download")] HttpRequest request, CancellationToken ct) =>
        await requests.DownloadAsync(request, await store.FindOwnAsync(request.HttpContext.Caller(), ct), ct);
}
