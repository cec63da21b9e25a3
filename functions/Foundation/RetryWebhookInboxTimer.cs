using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Timers;
using Portal.Foundation.Webhooks;
using Portal.Functions.Durable;

namespace Portal.Functions.Foundation;

/// <summary>Every half minute: finishes webhooks that are stored but not handled, through the code that handles new ones.</summary>
public sealed class RetryWebhookInboxTimer(ReceiveWebhook receive, TimerRunStore runs)
{
    [Function("RetryWebhookInbox")]
    public Task RunAsync(
        [TimerTrigger("*/30 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken ct) =>
        runs.RunAsync(
            "RetryWebhookInbox", async stop => RunCounts.Of(
                "tried", await receive.RetryAsync(new OrchestrationSignals(durable), stop)), ct);
}
