using Microsoft.Azure.Functions.Worker;
using Portal.Audit;

namespace Portal.Functions.Audit;

/// <summary>Every minute, unless SealAuditSchedule says otherwise: seals what was added to the audit log.</summary>
public sealed class SealAuditTimer(SealAudit seal)
{
    [Function("SealAudit")]
    public Task RunAsync([TimerTrigger("%SealAuditSchedule%")] TimerInfo timer, CancellationToken ct) => seal.RunAsync(ct);
}
