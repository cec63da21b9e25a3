namespace Portal.Foundation.Faults;

/// <summary>What starting an orchestration under an id of its own came to.</summary>
public enum StartedOnce
{
    /// <summary>It runs, started now or before.</summary>
    Running,

    /// <summary>It has ended, in whatever way: it is not started over under the same id.</summary>
    Ended,
}
