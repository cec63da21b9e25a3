using System.Text.Json;
using Portal.Videos.Uploads;

namespace Portal.Operations.Orchestrations;

/// <summary>Durable's runtime statuses, as its management API writes them.</summary>
public static class RuntimeStatus
{
    public const string Running = "Running";
    public const string Pending = "Pending";
    public const string Suspended = "Suspended";
    public const string Completed = "Completed";
    public const string ContinuedAsNew = "ContinuedAsNew";
    public const string Failed = "Failed";
    public const string Canceled = "Canceled";
    public const string Terminated = "Terminated";

    public static IReadOnlyList<string> All { get; } = [
        Running, Pending, Suspended, Completed, ContinuedAsNew, Failed, Canceled, Terminated
    ];

    public static IReadOnlyList<string> Live { get; } = [Running, Pending, Suspended, ContinuedAsNew];

    public static bool IsOver(string status) => !Live.Contains(status);
}

/// <summary>One orchestration as Durable tells of it. Inputs and results are never asked for.</summary>
/// <param name="State">The word that the orchestration sets as its custom status, when it is one word.</param>
/// <param name="Error">Why it failed, in words; null when it has not.</param>
/// <param name="History">Durable's shaped history; empty unless asked for, and while pending.</param>
public sealed record OrchestrationInstance(
    string Id, string Name, string Status, string? State, string? Error, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    IReadOnlyList<JsonElement> History)
{
    public bool IsOver => RuntimeStatus.IsOver(Status);
}

/// <summary>Instance ids: which are possible, and which belong to an upload.</summary>
public static class InstanceIds
{
    private const int MaxLength = 100;
    private const int GuidLength = 36;

    /// <summary>Durable refuses / \ # ? and control characters; an id of dots would climb out of its path.</summary>
    public static bool IsPossible(string id) =>
        id.Length is > 0 and <= MaxLength && !id.Any(c => char.IsControl(c) || c is '/' or '\\' or '#' or '?') && id.Any(c => c != '.');

    /// <summary>The upload job and attempt that an instance carries (<see cref="UploadRef.InstanceIdOf"/>); null for other
    /// orchestrations.</summary>
    public static (Guid JobId, int Attempt)? UploadOf(string id) =>
        id.Length is > GuidLength + 1 and <= GuidLength + 8 && Guid.TryParseExact(id.AsSpan(0, GuidLength), "D", out var job)
            && id[GuidLength] == '-'
            && int.TryParse(
                id.AsSpan(GuidLength + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
                out var attempt)
            && attempt > 0
            ? (job, attempt)
            : null;
}
