using Microsoft.Azure.Functions.Worker;
using Portal.Invites;

namespace Portal.Functions.Invites;

/// <summary>Every half minute: what Clerk has not been told yet, and invites whose time is over.</summary>
public sealed class SyncInvitesTimer(SweepInvites sweep)
{
    [Function("SyncInvites")]
    public Task RunAsync([TimerTrigger("15,45 * * * * *")] TimerInfo timer, CancellationToken ct) => sweep.RunAsync(ct);
}
