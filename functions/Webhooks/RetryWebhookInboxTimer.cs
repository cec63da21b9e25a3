using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Functions.Uploads;
using Portal.Operations;
using Portal.Webhooks;

namespace Portal.Functions.Webhooks;

/// <summary>Every half minute: finishes webhooks that are stored but not handled, through the code that handles new ones.</summary>
public sealed class RetryWebhookInboxTimer(ReceiveWebhook receive, TimerRuns runs)
{
    [Function("RetryWebhookInbox")]
    public Task RunAsync([TimerTrigger("*/30 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync("RetryWebhookInbox", async stop => RunCounts.Of("tried", await receive.RetryAsync(new UploadPipelines(durable), stop)), ct);
}
