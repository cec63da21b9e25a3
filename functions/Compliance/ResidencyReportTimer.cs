using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Foundation.Timers;

namespace Portal.Functions.Compliance;

/// <summary>Every hour, for each tenant whose week is over and has no report yet: one a week, soon after its own Monday
/// midnight.</summary>
public sealed class ResidencyReportTimer(GenerateResidencyReports generate, TimerRunStore runs)
{
    [Function("ResidencyReport")]
    public Task RunAsync([TimerTrigger("%ResidencyReportSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("ResidencyReport", generate.RunAsync, ct);
}
