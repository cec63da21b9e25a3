using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Compliance.Exports;
using Portal.Foundation.Alerts;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Exports;

/// <param name="Reason">Words of ours or of a vendor's error codes; never a personal value.</param>
public sealed record ExportFault(ExportRef Export, string Reason);

/// <summary>The steps of <see cref="ExportDataOrchestration"/>. Each may run more than once.</summary>
public sealed class ExportDataActivities(MakeExport make, ExportStore store, AlertStore alerts, ILogger<ExportDataActivities> logger)
{
    public const string Make = "MakeExport";
    public const string NoteError = "NoteExportError";
    public const string Fail = "FailExport";

    [Function(Make)]
    public Task<bool> MakeAsync([ActivityTrigger] ExportRef export, CancellationToken ct) =>
        StepAsync(export, Make, () => make.RunAsync(export, ct));

    [Function(NoteError)]
    public Task<bool> NoteErrorAsync([ActivityTrigger] ExportFault fault, CancellationToken ct) =>
        StepAsync(fault.Export, NoteError, async () =>
    {
        await store.NoteErrorAsync(fault.Export, fault.Reason, ct);
        return true;
    });

    [Function(Fail)]
    public Task<bool> FailAsync([ActivityTrigger] ExportFault fault, CancellationToken ct) =>
        StepAsync(fault.Export, Fail, async () =>
    {
        await alerts.AddAsync(new(AlertKind.ExportFailed, fault.Export.ExportId.ToString(),
            $"Export {fault.Export.ExportId} failed and is tried again in an hour: {fault.Reason}",
            new { exportId = fault.Export.ExportId, tenantId = fault.Export.TenantId }), ct);
        return await store.FailAsync(fault.Export, fault.Reason, ct);
    });

    private Task<T> StepAsync<T>(ExportRef export, string step, Func<Task<T>> run) => ActivityStep.RunAsync(
        logger, export.ExportId,
        new Dictionary<string, object>
        {
            ["TenantId"] = export.TenantId,
            ["ExportId"] = export.ExportId,
            ["Attempt"] = export.Attempt,
        },
        step, run);
}
