using Microsoft.DurableTask.Client;
using Portal.Compliance.Exports;
using Portal.Foundation.Faults;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Exports;

/// <summary>Starts exports through Durable's client, which Functions hands to a function per call.</summary>
public sealed class ExportStarter(DurableTaskClient durable) : IExportStarter
{
    public Task<StartedOnce> StartOnceAsync(ExportRef export, CancellationToken ct) =>
        durable.StartOnceAsync(ExportDataOrchestration.Name, export.ExportId, export.InstanceId, export, ct);
}
