using Microsoft.AspNetCore.Http;
using Portal.Compliance.Consents;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Consents;

/// <summary>One purpose: whether it may be pursued, why, and what was said.</summary>
public sealed record ConsentJson(
    [OneOf(typeof(ConsentPurpose))] string Purpose, bool Granted, [OneOf(typeof(ConsentReason))] string Because, bool? Decision,
    DateOnly? NoticeVersion, DateTimeOffset? DecidedAt, bool AsksAgain)
{
    public static ConsentJson From(Consent c) => new(
        c.Purpose, c.Granted, c.Because, c.Decision?.Granted, c.Decision?.NoticeVersion, c.Decision?.DecidedAt, c.AsksAgain);
}

/// <summary>The consents of a person or a guest.</summary>
/// <param name="NoticeVersion">The current one, to be sent with a decision.</param>
/// <param name="BrowserSignal">The request came with Sec-GPC: 1 or DNT: 1.</param>
public sealed record ConsentsJson(DateOnly NoticeVersion, bool BrowserSignal, IReadOnlyList<ConsentJson> Consents)
{
    internal static Reply Reply(ConsentOverview o) => Foundation.Http.Reply.Ok(
        new ConsentsJson(o.NoticeVersion, o.Signal.SaysNo, [.. o.Consents.Select(ConsentJson.From)]));
}

public sealed record ConsentInput
{
    [OneOf(typeof(ConsentPurpose))]
    public required string Purpose { get; init; }

    [About("false denies, or withdraws what was granted.")]
    public required bool Granted { get; init; }
}

public sealed record DecideConsentsInput : IChecked
{
    [About("The version of the privacy notice that was shown.", Example = "\"2026-12-01\"")]
    public required DateOnly NoticeVersion { get; init; }

    [Items(10, Min = 1), About("A purpose that is left out stays as it is.")]
    public required IReadOnlyList<ConsentInput> Consents { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (Consents.DistinctBy(c => c.Purpose).Count() < Consents.Count)
        {
            faults.Add("consents", "once", "must not name the same purpose twice.");
        }
    }

    internal IReadOnlyList<WantedConsent> Wanted() => [.. Consents.Select(c => new WantedConsent(c.Purpose, c.Granted))];
}

internal static class BrowserSignals
{
    /// <summary>Any other value says nothing: neither header has a yes.</summary>
    public static BrowserSignal Signal(this HttpRequest request) => new(Is1(request, "Sec-GPC") || Is1(request, "DNT"));

    private static bool Is1(HttpRequest request, string header) => request.Headers[header].Any(value => value?.Trim() == "1");
}
