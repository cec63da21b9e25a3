using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance;

public sealed record AuditRangeInput : IChecked
{
    [About("Left out: from the beginning.")]
    public DateTimeOffset? From { get; init; }

    [About("Left out: up to now.")]
    public DateTimeOffset? To { get; init; }

    public void Check(Faults faults, DateTimeOffset now) => AuditRange.Check(faults, From, To);
}

/// <summary>The whole audit log, or that of a time, to keep and to check elsewhere. Taking it is itself audited.</summary>
public sealed class ExportAuditFunction(
    AuditExport export, AuditReads reads, PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string MediaType = "application/x-ndjson";

    [Function("ExportAudit")]
    [Allows(PortalAction.ReadAudit)]
    [Operation("Export the audit log with its seals", Query = typeof(AuditRangeInput), MediaType = MediaType,
        Details = "One JSON object a line, rows of the playback audit and those that lie in the archive among them. A time range is "
            + "widened to whole seals, or they could not be checked. "
            + "`dotnet run --project infra/local -- audit verify <file>` checks it without the database.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/audit/export")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var (query, problem) = Input.ReadQuery<AuditRangeInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"audit-{clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.ndjson");
        if (HttpMethods.IsHead(request.Method))
        {
            return new Lines(name, null);
        }

        if (await reads.CountAsync(request, ct) is { } tooMany)
        {
            return tooMany;
        }

        await db.InTenantAsync(caller.Tenant, async tx =>
        {
            await audit.WriteAsync(
                tx, caller.Tenant, Actor.From(caller), new AuditEntry(
                    "audit_exported", "tenant", caller.Tenant.Value, null, new { from = query.From, to = query.To }));
            return true;
        }, ct);
        return new Lines(name, export.LinesAsync(caller.Tenant, query.From, query.To, ct));
    }

    /// <summary>Writes while it reads. What breaks on the way cuts the answer off, and the missing last line shows it.</summary>
    private sealed class Lines(string name, IAsyncEnumerable<ReadOnlyMemory<byte>>? lines) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = MediaType;
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
            if (lines is null)
            {
                return;
            }

            await using var compressed = AnswerBody.Compress(httpContext);
            await foreach (var line in lines)
            {
                await (compressed ?? response.Body).WriteAsync(line, httpContext.RequestAborted);
            }
        }
    }
}
