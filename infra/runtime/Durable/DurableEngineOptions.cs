using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>Settings of one engine process. Durations of leases are measured by the database's clock, everything else by
/// <see cref="Clock"/>.</summary>
public sealed class DurableEngineOptions
{
    /// <summary>A direct connection, not a pooler in transaction mode: the engine listens for notifications on it.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Connections of <see cref="DurableEngine.Connect"/> that outlive the engine; null: it has its own.</summary>
    public NpgsqlDataSource? Connections { get; init; }

    /// <summary>The clock of orchestrations: timers, <c>CurrentUtcDateTime</c>, created and updated times. Tests move it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Shown as <c>taskHub</c>; one database holds one hub.</summary>
    public string HubName { get; init; } = "portal";

    /// <summary>Activities running at once in this process (host.json <c>maxConcurrentActivityFunctions</c>).</summary>
    public int MaxConcurrentActivities { get; init; } = 20;

    /// <summary>Orchestrator steps running at once in this process (host.json <c>maxConcurrentOrchestratorFunctions</c>).</summary>
    public int MaxConcurrentOrchestrators { get; init; } = 20;

    /// <summary>Instances kept in memory between steps; past it the idle ones are dropped and replayed when they are next
    /// needed.</summary>
    public int MaxLiveInstances { get; init; } = 10_000;

    /// <summary>Steps and client calls written in one transaction at most.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>Transactions under way at once; while one waits for the disk, the next is gathered.</summary>
    public int MaxConcurrentCommits { get; init; } = 2;

    /// <summary>A process that has not renewed its lease for this long loses its instances to the others (database clock).</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The safety net under notifications: renew the lease, look for work of dead processes and for missed messages (real
    /// time).</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// An instance taken over this often from crashed processes without one step of progress is quarantined until someone resumes it. From
    /// <see cref="SuspectAfterCrashes"/> on it must have run alone, so that none is quarantined for the company it kept. Ten, because a
    /// process that is killed again and again by somebody else does not get far either.
    /// </summary>
    public int QuarantineAfterCrashes { get; init; } = 10;

    internal int SuspectAfterCrashes => Math.Clamp(QuarantineAfterCrashes - 2, 1, 3);

    /// <summary>How long <see cref="DurableEngine.StopAsync"/> waits for running activities before it cancels them.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Points where tests make a commit fail, block or look like a crash; null in real use.</summary>
    public DurableFaults? Faults { get; init; }
}
