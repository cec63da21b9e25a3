using Portal.Functions.Foundation.Http.Inputs;
using Portal.Videos;

namespace Portal.Functions.Videos;

/// <summary>How a playback goes, as a player says it: each type has its own figures, and no others.</summary>
public sealed record PlaybackEventInput : IChecked
{
    internal const string Details =
        "The player makes a new playbackSessionId for each playback and keeps it nowhere; each type counts once of each. A started has "
        + "startupMs, a failed errorCode, an ended rebuffers and rebufferMs. Nothing of the person is stored, whatever was consented to. "
        + "At most 2 KiB, as application/json or, as navigator.sendBeacon sends a string, text/plain.";

    [About("Random, of this playback alone.")]
    public required Guid PlaybackSessionId { get; init; }

    [OneOf(typeof(PlaybackEventType))]
    public required string Type { get; init; }

    [Whole(0, 600_000), About("From the press of play to the first picture.", Example = "420")]
    public int? StartupMs { get; init; }

    [Whole(0, 10_000), About("How often it stood still to load after it had started.")]
    public int? Rebuffers { get; init; }

    [Whole(0, 86_400_000), About("For how long in all.")]
    public int? RebufferMs { get; init; }

    [OneOf(typeof(PlaybackErrorCode))]
    public string? ErrorCode { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        Belongs(faults, "startupMs", StartupMs is not null, PlaybackEventType.Started);
        Belongs(faults, "errorCode", ErrorCode is not null, PlaybackEventType.Failed);
        Belongs(faults, "rebuffers", Rebuffers is not null, PlaybackEventType.Ended);
        Belongs(faults, "rebufferMs", RebufferMs is not null, PlaybackEventType.Ended);
        if (Rebuffers == 0 && RebufferMs > 0)
        {
            faults.Add("rebufferMs", "range", "must be 0 where rebuffers is 0.");
        }
    }

    public PlaybackEvent Event() => new(PlaybackSessionId, Type, StartupMs, Rebuffers, RebufferMs, ErrorCode);

    private void Belongs(Faults faults, string field, bool isGiven, string type)
    {
        if (Type == type && !isGiven)
        {
            faults.Add(field, "required", $"is required of a playback that {type}.");
        }
        else if (Type != type && isGiven)
        {
            faults.Add(field, "type", $"is said of a playback that {type} alone.");
        }
    }
}
