using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Compliance;

/// <summary>A residency report without its content. The hashes are over the UTF-8 bytes of what the report was generated as.</summary>
public sealed record ResidencyReportMetaJson(
    Guid Id, string Week, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, DateTimeOffset CreatedAt, string JsonSha256,
    string HtmlSha256)
{
    public static ResidencyReportMetaJson From(StoredReport report) => new(
        report.Id, report.Week, report.PeriodStart, report.PeriodEnd, report.CreatedAt,
        Convert.ToHexStringLower(report.JsonSha256), Convert.ToHexStringLower(report.HtmlSha256));
}

/// <summary>A residency report, opened. <c>json</c> is the text that <c>jsonSha256</c> is over; <c>report</c> is the same, read.</summary>
public sealed record OpenedResidencyReportJson(ResidencyReportMetaJson Meta, ResidencyReport Report, string Json);

public sealed record ListResidencyReportsInput : CountedListInput;

public sealed class ListResidencyReportsFunction(ResidencyStore store, Lists lists)
{
    private const string Name = "residency-reports";

    [Function("ListResidencyReports")]
    [Allows(PortalAction.ReadReport)]
    [Operation(
        "List the weekly residency reports, newest first", Query = typeof(ListResidencyReportsInput), Returns = typeof(
            PageOf<ResidencyReportMetaJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/reports/residency")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListResidencyReportsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await store.ListAsync(tenant, page, ct);
        long? total = query.Total ? await store.CountAsync(tenant, ct) : null;
        return lists.Page(request, rows, page, Name, r => Position.Of(r.CreatedAt, r.Id), ResidencyReportMetaJson.From, total: total);
    }
}

public sealed class ReadResidencyReportFunction(ResidencyStore store)
{
    [Function("ReadResidencyReport")]
    [Allows(PortalAction.ReadReport)]
    [Operation("Read a residency report", Returns = typeof(OpenedResidencyReportJson))]
    [Refuses(404, "not-found", "There is no such report.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/reports/residency/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var tenant = request.HttpContext.Caller().Tenant;
        return await store.FindAsync(tenant, id, ct) is { } report && await store.TextsAsync(tenant, id, ct) is { } texts
            ? Reply.Ok(new OpenedResidencyReportJson(
                ResidencyReportMetaJson.From(report), texts.Read(), texts.Json))
            : Problem.NotFound("report");
    }
}

public sealed class ReadResidencyReportHtmlFunction(ResidencyStore store)
{
    [Function("ReadResidencyReportHtml")]
    [Allows(PortalAction.ReadReport)]
    [Operation("Read a residency report as HTML", MediaType = "text/html", Returns = typeof(string))]
    [Refuses(404, "not-found", "There is no such report.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/reports/residency/{id:guid}/html")] HttpRequest request,
        Guid id,
        CancellationToken ct)
    {
        var tenant = request.HttpContext.Caller().Tenant;
        return await store.FindAsync(tenant, id, ct) is { } report && await store.TextsAsync(tenant, id, ct) is { } texts
            ? new CachedBytes(
                Encoding.UTF8.GetBytes(texts.Html), "text/html; charset=utf-8", $"\"{Convert.ToHexStringLower(report.HtmlSha256)}\"",
                ResidencyHtml.Policy, Private: true)
            : Problem.NotFound("report");
    }
}
