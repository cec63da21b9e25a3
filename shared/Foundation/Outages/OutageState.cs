using Portal.Foundation.Faults;

namespace Portal.Foundation.Outages;

/// <summary>The last time that something was switched off.</summary>
/// <param name="SetBy">Clerk id of the Operator.</param>
/// <param name="ClearedAt">When somebody ended it early.</param>
public sealed record Switch(
    string Target, string Reason, DateTimeOffset Until, string SetBy, DateTimeOffset SetAt, DateTimeOffset? ClearedAt, string? ClearedBy)
{
    public bool IsOn(DateTimeOffset now) => ClearedAt is null && now < Until;
}

/// <summary>A circuit that some instance found broken.</summary>
/// <param name="OpenUntil">It counts as open until then, unless it is found so again.</param>
public sealed record OpenCircuit(string Vendor, DateTimeOffset OpenedAt, DateTimeOffset OpenUntil)
{
    public bool IsOpen(DateTimeOffset now) => now < OpenUntil;
}

/// <summary>What is switched off, and which vendors fail, as it was read.</summary>
public sealed record OutageState(IReadOnlyList<Switch> Switches, IReadOnlyList<OpenCircuit> Circuits)
{
    /// <summary>A caller who is told to wait for hours would miss that it was over sooner.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    /// <summary>The switch that keeps the feature off for longest; null: it works.</summary>
    public Switch? Find(string feature, DateTimeOffset now) => Switches
        .Where(each => each.IsOn(now) && SwitchTarget.Stops(each.Target).Contains(feature)).MaxBy(each => each.Until);

    /// <summary>Something that the feature needs is switched off or fails, and it goes on all the same.</summary>
    public bool IsSlow(string feature, DateTimeOffset now) =>
        Switches.Any(each => each.IsOn(now) && SwitchTarget.Slows(each.Target).Contains(feature))
        || Circuits.Any(each => each.IsOpen(now) && VendorCircuit.Slows(each.Vendor).Contains(feature));

    /// <summary>The switch of that very target, when it is on.</summary>
    public Switch? FindOwn(string target, DateTimeOffset now) => Switches.FirstOrDefault(each => each.Target == target && each.IsOn(now));

    /// <summary>What a caller is told.</summary>
    public static Refusal.FeatureOff Refuse(string feature, Switch why, DateTimeOffset now) => new(
        feature,
        (int)Math.Ceiling(Math.Min((why.Until - now).TotalSeconds, LongestWait.TotalSeconds)),
        $"{Feature.OffText(feature)} It is expected to be over by {why.Until.UtcDateTime:yyyy-MM-dd HH:mm} UTC.");
}
