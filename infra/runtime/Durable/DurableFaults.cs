namespace Portal.Runtime.Durable;

/// <summary>A named place in the engine where a test may throw, block, or abandon the engine.</summary>
public enum DurableFaultPoint
{
    /// <summary>A batch is ready and nothing of it has been sent to the database.</summary>
    BeforeCommit,

    /// <summary>The database has committed the batch and the engine has not acted on it: throwing here looks like a connection lost with
    /// the answer.</summary>
    AfterCommit,

    /// <summary>An activity is about to run.</summary>
    BeforeActivity,

    /// <summary>An activity has run and its result is not stored.</summary>
    AfterActivity,

    /// <summary>The process is about to renew its lease; throwing or blocking lets the lease run out.</summary>
    BeforeHeartbeat,
}

/// <summary>What a fault point knows: the instances of the batch, or the instance and name of the activity.</summary>
public sealed record DurableFaultContext(DurableFaultPoint Point, IReadOnlyList<string> InstanceIds, string? Activity);

/// <summary>Fault injection for tests: the callback runs at every point and may throw, wait, or call
/// <see cref="DurableEngine.Abandon"/>.</summary>
public sealed class DurableFaults
{
    public required Func<DurableFaultContext, Task> OnPoint { get; init; }
}
