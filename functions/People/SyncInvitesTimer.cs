using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Timers;
using Portal.People;

namespace Portal.Functions.People;

/// <summary>Every half minute: what Clerk has not been told yet.</summary>
public sealed class SyncInvitesTimer(SweepInvites sweep, TimerRunStore runs)
{
    [Function("SyncInvites")]
    public Task RunAsync([TimerTrigger("15,45 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("SyncInvites", sweep.SyncAsync, ct);
}

/// <summary>Every five minutes: invites whose time is over.</summary>
public sealed class ExpireInvitesTimer(SweepInvites sweep, TimerRunStore runs)
{
    [Function("ExpireInvites")]
    public Task RunAsync([TimerTrigger("%ExpireInvitesSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("ExpireInvites", sweep.ExpireAsync, ct);
}
