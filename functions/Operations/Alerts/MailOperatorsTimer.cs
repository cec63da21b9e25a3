using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations.OnCallMails;

namespace Portal.Functions.Operations.Alerts;

/// <summary>Every hour, so that a day or a week that has just ended is told of soon: mails to people on call.</summary>
public sealed class MailOperatorsTimer(MailOperators mail, TimerRunStore runs)
{
    [Function("MailOperators")]
    public Task RunAsync([TimerTrigger("0 20 * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("MailOperators", mail.RunAsync, ct);
}
