namespace Portal.Events.Changes;

/// <summary>Settings of live changes.</summary>
public sealed class ChangeOptions
{
    public const string Section = "Changes";

    /// <summary>How often the one reader of a process asks for changes while somebody waits: about how late a change is told.</summary>
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Who waits reads again after so long, though nothing was noticed: noticing may fail.</summary>
    public TimeSpan ReadAgainAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Requests that wait in one process; a further one is refused.</summary>
    public int MaxWaiting { get; set; } = 1000;

    /// <summary>Requests of one person, or of one guest, that wait in one process.</summary>
    public int WaitsPerPerson { get; set; } = 4;

    /// <summary>Reads at once in one process: many who wait for the same wake up together.</summary>
    public int ReadsAtOnce { get; set; } = 8;

    public bool IsValid() =>
        LookEvery >= TimeSpan.FromMilliseconds(50) && LookEvery <= TimeSpan.FromSeconds(10) && ReadAgainAfter > LookEvery
        && MaxWaiting > 0 && WaitsPerPerson > 0 && ReadsAtOnce > 0;
}
