using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance;

/// <summary>The outcome of a check. Holds: every sealed row is there, in order, as it was when it was sealed.</summary>
public sealed record AuditVerificationJson(bool Holds, AuditFaultJson? Fault, long Rows, long Seals, long Unsealed, string? LastSeal);

public sealed record AuditFaultJson(
    [OneOf("altered", "removed", "added", "reordered", "seal", "seal_missing", "signature", "unknown_key", "unreadable", "cut_off")]
    string Kind, long? Seal, Guid? RowId, string Message);

/// <summary>
/// Reads the log as an export does and checks it as an auditor would. It proves the data to whoever trusts this app; an export, checked
/// with the public key from elsewhere, proves it to whoever does not.
/// </summary>
public sealed class VerifyAuditFunction(AuditExport export, AuditKeys keys, TimeProvider clock)
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

        var verdict = await new AuditVerifier(keys.Public).RunAsync(
            export.LinesAsync(request.HttpContext.Caller().Tenant, query.From, query.To, ct));
        var fault = verdict.Fault is { } f ? new AuditFaultJson(f.Kind, f.Seal, f.RowId, f.Message) : null;
        return Reply.Ok(new AuditVerificationJson(verdict.Holds, fault, verdict.Rows, verdict.Seals, verdict.Unsealed, verdict.LastSeal));
    }
}
