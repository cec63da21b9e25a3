using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Db;
using Portal.Foundation.Timers;
using Portal.Sharing.ShareLinks;
using Portal.Videos;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>Every minute: moves links past their end to expired. Nothing waits for it: every read compares the end with the
/// clock.</summary>
public sealed class ExpireShareLinksTimer(PortalDb db, ShareLinkTransitions moves, TimerRunStore runs)
{
    private const int Batch = 200;

    [Function("ExpireShareLinks")]
    public Task RunAsync([TimerTrigger("%ExpireShareLinksSchedule%")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("ExpireShareLinks", ExpireAsync, ct);

    private async Task<RunCounts> ExpireAsync(CancellationToken ct)
    {
        var expired = 0;
        for (var some = Batch; some == Batch; expired += some)
        {
            ct.ThrowIfCancellationRequested();
            some = await db.AcrossTenantsAsync(tx => moves.ExpireAsync(tx, Batch), ct);
        }

        return RunCounts.Of("expired", expired);
    }
}

/// <summary>Every half minute: what Mux has not confirmed yet, playback ids to replace and files to make.</summary>
public sealed class ProcessMuxTasksTimer(ProcessMuxTasks tasks, TimerRunStore runs)
{
    [Function("ProcessMuxTasks")]
    public Task RunAsync([TimerTrigger("10,40 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        runs.RunAsync("ProcessMuxTasks", async stop => RunCounts.Of("tasks", await tasks.RunAsync(null, stop)), ct);
}
