using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance;

/// <summary>Every minute, unless SealAuditSchedule says otherwise: seals what was added to the audit log and the playback audit.</summary>
public sealed class SealAuditTimer(SealAudit seal, TimerRunStore runs)
{
    [Function("SealAudit")]
    public Task RunAsync([TimerTrigger("%SealAuditSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("SealAudit", async stop => RunCounts.Of("rows", await seal.RunAsync(stop)), ct);
}
