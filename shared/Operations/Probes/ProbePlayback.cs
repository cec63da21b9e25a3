using Microsoft.Extensions.Logging;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Timers;
using Portal.Operations.Objectives;
using Portal.Sharing.ShareLinks;

namespace Portal.Operations.Probes;

/// <summary>
/// Opens the canary share link once a minute and keeps what came of it, which the objective synthetic_playback counts. A link lives seven
/// days at most, and nobody would remember to extend this one: while it is active its end is moved by itself. What somebody revoked, or
/// what expired while nothing ran, stays as it is, and the probe says so.
/// </summary>
public sealed partial class ProbePlayback(
    ProbeGuest guest, ProbeStore store, OpenAsGuest open, ShareTokens tokens, ShareLinkTransitions moves, PortalDb db, TimeProvider clock,
    ILogger<ProbePlayback> logger)
{
    /// <summary>The end is moved when it is no further away than that: two nights to notice that it could not be.</summary>
    public static readonly TimeSpan ExtendAhead = TimeSpan.FromDays(2);

    private static readonly Actor By = Actor.System("probe");

    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var minute = WatchObjectives.Minute(clock.GetUtcNow());
        if (guest.Link is not { } id || !await store.ClaimAsync(minute, clock.GetUtcNow(), ct))
        {
            return new RunCounts();
        }

        var began = clock.GetTimestamp();
        ProbeResult result;
        try
        {
            result = await ProbeAsync(id, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The app is stopping: nobody's fault.
            await store.ReleaseAsync(minute);
            throw;
        }

        await store.EndAsync(minute, result, clock.GetElapsedTime(began), ct);
        if (result.Outcome == ProbeOutcome.Played)
        {
            return RunCounts.Of("played", 1);
        }

        Log.NotPlayed(logger, id.Value, result.Outcome, result.Step, result.Status);
        return RunCounts.Of("notPlayed", 1);
    }

    private async Task<ProbeResult> ProbeAsync(ShareLinkId id, CancellationToken ct)
    {
        if (await store.FindLinkAsync(id, ct) is not { } link)
        {
            return new(ProbeOutcome.NoLink);
        }

        if (link.ExpiresAt - clock.GetUtcNow() <= ExtendAhead)
        {
            var tenant = new TenantId(link.TenantId);
            await db.InTenantAsync(
                tenant, tx => moves.KeepAliveAsync(tx, tenant, By, id, clock.GetUtcNow() + CreateShareLink.MaxLifetime), ct);
        }

        return await open.RunAsync(tokens.Make(id, link.Generation, link.TokenKid), guest.ViewerKey, ct);
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning, Message = "The probe of share link {ShareLinkId} came to {Outcome} at {Step} (status {Status})")]
        public static partial void NotPlayed(ILogger logger, Guid shareLinkId, string outcome, string? step, int? status);
    }
}
