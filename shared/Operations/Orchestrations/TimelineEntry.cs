namespace Portal.Operations.Orchestrations;

/// <summary>What a line of a timeline is about.</summary>
public static class EntryKind
{
    public const string Started = "started";
    public const string Activity = "activity";
    public const string Orchestration = "orchestration";

    /// <summary>A pause before an activity that failed is tried again.</summary>
    public const string RetryWait = "retryWait";
    public const string Timer = "timer";

    /// <summary>Nothing of its own is under way: it waits for an event from outside.</summary>
    public const string EventWait = "eventWait";
    public const string Event = "event";
    public const string Sent = "sent";
    public const string Suspended = "suspended";
    public const string Resumed = "resumed";
    public const string Terminated = "terminated";
    public const string Rewound = "rewound";
    public const string Completed = "completed";
}

/// <summary>How far a line of a timeline has got.</summary>
public static class EntryState
{
    public const string Done = "done";
    public const string Failed = "failed";

    /// <summary>An activity or sub-orchestration without an answer yet.</summary>
    public const string Running = "running";

    /// <summary>A timer that is to fire, an event that is to come.</summary>
    public const string Waiting = "waiting";

    /// <summary>A timer that was not needed any more: something came first.</summary>
    public const string Cut = "cut";
}

/// <summary>One line of a timeline.</summary>
/// <param name="End">Null: not ended yet.</param>
/// <param name="Due">When a timer fires.</param>
/// <param name="Attempt">The how-maniest try of an activity this is, or (of a retryWait) comes next; 1 is the first.</param>
/// <param name="Note">A name or reference from history: the event that came, the status at the end, the request of an act.</param>
public sealed record TimelineEntry(
    string Kind, string Name, string State, DateTimeOffset Start, DateTimeOffset? End, DateTimeOffset? Due = null, int? Attempt = null,
    string? ErrorType = null, string? Error = null, string? Note = null);

/// <summary>A timeline, in the order of starts.</summary>
/// <param name="Earlier">Lines left out between the start and the rest.</param>
public sealed record Timeline(IReadOnlyList<TimelineEntry> Entries, int Earlier)
{
    public static Timeline Empty { get; } = new([], 0);
}
