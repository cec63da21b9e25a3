using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Compliance.Erasure;
using Portal.Foundation.Alerts;
using Portal.Functions.Durable;

namespace Portal.Functions.Compliance.Erasure;

/// <param name="Reason">Words of ours or of a vendor's error codes; never a personal value.</param>
public sealed record ErasureFault(ErasureRef Erasure, string Reason);

/// <summary>The steps of <see cref="EraseSubjectOrchestration"/>, and the bookkeeping of every erasure. Each may run more than
/// once.</summary>
public sealed class EraseSubjectActivities(
    EraseSubject erase, ErasureStore store, AlertStore alerts, ILogger<EraseSubjectActivities> logger)
{
    public const string Begin = "BeginErasure";
    public const string Clerk = "EraseAtClerk";
    public const string Rows = "EraseRows";
    public const string Complete = "CompleteErasure";
    public const string NoteError = "NoteErasureError";
    public const string Fail = "FailErasure";

    [Function(Begin)]
    public Task<bool> BeginAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Begin, () => erase.BeginAsync(erasure, ct));

    [Function(Clerk)]
    public Task<string> EraseAtClerkAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Clerk, () => erase.EraseAtClerkAsync(erasure, ct));

    [Function(Rows)]
    public Task<bool> EraseRowsAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Rows, () => erase.EraseRowsAsync(erasure, ct));

    [Function(Complete)]
    public Task<bool> CompleteAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Complete, () => erase.CompleteAsync(erasure, ct));

    [Function(NoteError)]
    public Task<bool> NoteErrorAsync([ActivityTrigger] ErasureFault fault, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, fault.Erasure, NoteError, async () =>
    {
        await store.NoteErrorAsync(fault.Erasure, fault.Reason, ct);
        return true;
    });

    [Function(Fail)]
    public Task<bool> FailAsync([ActivityTrigger] ErasureFault fault, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, fault.Erasure, Fail, async () =>
    {
        await alerts.AddAsync(new(AlertKind.ErasureFailed, fault.Erasure.ErasureId.ToString(),
            $"Erasure {fault.Erasure.ErasureId} failed and is tried again in an hour: {fault.Reason}",
            new { erasureId = fault.Erasure.ErasureId, tenantId = fault.Erasure.TenantId }), ct);
        return await store.FailAsync(fault.Erasure, fault.Reason, ct);
    });
}

/// <summary>How a step of an erasure runs: what it says is logged with its ids.</summary>
internal static class ErasureStep
{
    public static Task<T> RunAsync<T>(ILogger logger, ErasureRef erasure, string step, Func<Task<T>> run) => ActivityStep.RunAsync(
        logger, erasure.ErasureId,
        new Dictionary<string, object>
        {
            ["TenantId"] = erasure.TenantId,
            ["ErasureId"] = erasure.ErasureId,
            ["Attempt"] = erasure.Attempt,
        },
        step, run);
}
