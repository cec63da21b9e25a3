using Microsoft.DurableTask.Client;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Foundation.Faults;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>Starts erasures through Durable's client, which Functions hands to a function per call.</summary>
public sealed class ErasureStarter(DurableTaskClient durable) : IErasureStarter
{
    public Task<StartedOnce> StartOnceAsync(string kind, ErasureRef erasure, CancellationToken ct) => durable.StartOnceAsync(
        kind == SubjectKind.Tenant ? EraseTenantOrchestration.Name : EraseSubjectOrchestration.Name, erasure.ErasureId,
        erasure.InstanceId, erasure, ct);
}
