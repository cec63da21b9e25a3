using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations;

namespace Portal.Functions.Operations;

/// <summary>Every day: what must always be true.</summary>
public sealed class DailyChecksTimer(RunDailyChecks checks, TimerRunStore runs)
{
    [Function("DailyChecks")]
    public Task RunAsync([TimerTrigger("%DailyChecksSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("DailyChecks", checks.RunAsync, ct);
}
