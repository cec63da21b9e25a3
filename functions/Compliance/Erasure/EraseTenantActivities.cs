using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Compliance.Erasure;

namespace Portal.Functions.Compliance.Erasure;

/// <param name="After">Where to go on: an id of a vendor's, or a name that is made of ids.</param>
public sealed record ErasurePage(ErasureRef Erasure, string After);

/// <summary>The steps of <see cref="EraseTenantOrchestration"/>. Each may run more than once.</summary>
public sealed class EraseTenantActivities(EraseTenant erase, EraseVideos videos, ILogger<EraseTenantActivities> logger)
{
    public const string Begin = "BeginTenantErasure";
    public const string Mux = "EraseTenantAtMux";
    public const string Blob = "EraseTenantAtBlob";
    public const string Clerk = "EraseTenantAtClerk";
    public const string Webhooks = "EraseTenantWebhooks";
    public const string Rows = "EraseTenantRows";
    public const string Complete = "CompleteTenantErasure";

    [Function(Begin)]
    public Task<DateTimeOffset?> BeginAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Begin, () => erase.BeginAsync(erasure, ct));

    [Function(Mux)]
    public Task<string?> EraseAtMuxAsync([ActivityTrigger] ErasurePage page, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, page.Erasure, Mux, () => videos.AtMuxAsync(page.Erasure, page.After, ct));

    [Function(Blob)]
    public Task<string?> EraseAtBlobAsync([ActivityTrigger] ErasurePage page, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, page.Erasure, Blob, () => videos.AtBlobAsync(page.Erasure, page.After, ct));

    [Function(Clerk)]
    public Task<bool> EraseAtClerkAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Clerk, () => erase.EraseAtClerkAsync(erasure, ct));

    [Function(Webhooks)]
    public Task<bool> EraseWebhooksAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Webhooks, () => erase.EraseWebhooksAsync(erasure, ct));

    [Function(Rows)]
    public Task<bool> EraseRowsAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Rows, () => erase.EraseRowsAsync(erasure, ct));

    [Function(Complete)]
    public Task<bool> CompleteAsync([ActivityTrigger] ErasureRef erasure, CancellationToken ct) =>
        ErasureStep.RunAsync(logger, erasure, Complete, () => erase.CompleteAsync(erasure, ct));
}
