using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Compliance.Archive;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance;

/// <summary>The outcome of a check. Holds: every sealed row is there, in order, as it was when it was sealed.</summary>
public sealed record AuditVerificationJson(
    bool Holds, AuditFaultJson? Fault,
    [About("Sealed rows, of the audit log and the playback audit.")] long Rows,
    [About("Those of them that are of the playback audit.")] long Playbacks,
    long Seals, long Unsealed,
    [About("The number of the first seal: 1, unless from was given.")] long? FirstSeal,
    [About("The seal before it; zeros before the very first.")] string? PreviousSeal, string? LastSeal,
    [About("The part of the log that lies in files of the archive; null: none does.")] AuditArchiveJson? Archive);

/// <summary>Files that hold seals whole. Rows whose time is over are there alone, and were read from there for this check.</summary>
public sealed record AuditArchiveJson(
    long Files, long FirstSeal, long LastSeal, [About("Rows in the files, those among them that are in the log as well.")] long Rows)
{
    public static AuditArchiveJson? From(ArchiveExtent? extent) =>
        extent is null ? null : new(extent.Files, extent.FirstSeal, extent.LastSeal, extent.Rows);
}

/// <param name="Kind">Of a row: altered, removed, added, reordered; of a seal or its key: seal, seal_missing, signature, unknown_key.
/// </param>
public sealed record AuditFaultJson(
    [OneOf("altered", "removed", "added", "reordered", "seal", "seal_missing", "signature", "unknown_key", "unreadable", "cut_off")]
    string Kind,
    long? Seal, Guid? RowId, string Message);

/// <summary>
/// Reads the log as an export does and checks it as an auditor would. It proves the data to whoever trusts this app; an export, checked
/// with the public key from elsewhere, proves it to whoever does not.
/// </summary>
public sealed class VerifyAuditFunction(
    AuditExport export, AuditArchiveStore archive, AuditKeys keys, AuditReads reads, TimeProvider clock)
{
    [Function("VerifyAudit")]
    [Allows(PortalAction.ReadAudit)]
    [Operation("Verify the audit log against its seals", Query = typeof(AuditRangeInput), Returns = typeof(AuditVerificationJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/audit/verification")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, problem) = Input.ReadQuery<AuditRangeInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        if (await reads.CountAsync(request, ct) is { } tooMany)
        {
            return tooMany;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var verdict = await new AuditVerifier(keys.Public).RunAsync(export.LinesAsync(tenant, query.From, query.To, ct));
        var fault = verdict.Fault is { } f ? new AuditFaultJson(f.Kind, f.Seal, f.RowId, f.Message) : null;
        return Reply.Ok(
            new AuditVerificationJson(
                verdict.Holds, fault, verdict.Rows, verdict.Playbacks, verdict.Seals, verdict.Unsealed, verdict.FirstSeal,
                verdict.PreviousSeal, verdict.LastSeal, AuditArchiveJson.From(await archive.ExtentAsync(tenant, ct))));
    }
}
