using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.Operations.Probes;

namespace Portal.Functions.Operations.Probes;

/// <summary>Every minute, early enough to have ended before the minute is measured: opens the canary share link as a guest.</summary>
public sealed class ProbePlaybackTimer(ProbePlayback probe, TimerRunStore runs)
{
    [Function("ProbePlayback")]
    public Task RunAsync([TimerTrigger("50 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("ProbePlayback", probe.RunAsync, ct);
}
