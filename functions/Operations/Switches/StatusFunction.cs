using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations.Switches;

/// <summary>How the portal, or a part of it, is doing.</summary>
public static class PortalStatus
{
    public const string Ok = "ok";

    /// <summary>Slower, or not at every try.</summary>
    public const string Degraded = "degraded";

    /// <summary>Switched off for a while.</summary>
    public const string Off = "off";
}

/// <summary>A part of the portal, in words for people.</summary>
public sealed record FeatureStatusJson(
    [OneOf(typeof(Feature))] string Feature, [OneOf(typeof(PortalStatus))] string Status,
    [About("A sentence to show; null: there is nothing to say.")] string? Text,
    [About("When it is expected to work again, as far as somebody has said so.")] DateTimeOffset? Until)
{
    public static FeatureStatusJson From(string feature, OutageState state, DateTimeOffset now) =>
        state.Find(feature, now) is { } off
            ? new(feature, PortalStatus.Off, Portal.Foundation.Outages.Feature.OffText(feature), off.Until)
            : state.IsSlow(feature, now)
                ? new(feature, PortalStatus.Degraded, Portal.Foundation.Outages.Feature.DegradedText(feature), null)
                : new(feature, PortalStatus.Ok, null, null);
}

/// <summary>The whole of it: ok, or degraded when a part is not.</summary>
public sealed record StatusJson(
    [OneOf(PortalStatus.Ok, PortalStatus.Degraded)] string Status, [About("A sentence to show.")] string Text,
    IReadOnlyList<FeatureStatusJson> Features)
{
    public static StatusJson From(OutageState state, DateTimeOffset now)
    {
        IReadOnlyList<FeatureStatusJson> features = [.. Feature.All.Select(feature => FeatureStatusJson.From(feature, state, now))];
        return features.All(feature => feature.Status == PortalStatus.Ok)
            ? new(PortalStatus.Ok, "All is well.", features)
            : new(PortalStatus.Degraded, "Something does not work as it should. We are on it.", features);
    }
}

/// <summary>What the portal shows to people when something is wrong. Anybody may ask, and keep the answer for ten seconds; why something
/// is off, and whose fault it is, is for people on call.</summary>
public sealed class ReadStatusFunction(KnownOutages outages, TimeProvider clock)
{
    private const string Policy = "public, max-age=10";

    [Function("ReadStatus")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Read how the portal is doing", Returns = typeof(StatusJson), IsTagged = true,
        Details = "For people: words to show, by feature. No session. 503 says that the portal itself does not answer properly.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/status")] HttpRequest request, CancellationToken ct)
    {
        var state = await outages.ReadAsync(ct);
        request.HttpContext.Response.Headers.CacheControl = Policy;
        return Reply.Ok(StatusJson.From(state, clock.GetUtcNow()));
    }
}
