using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Tests.Staging.Checks;

/// <summary>
/// Events of a type that Mux does not have, so that nothing happens but that they are stored: signed well and again, and signed wrongly in
/// each way there is. What was stored is read as an Operator.
/// </summary>
internal static class WebhookReplayCheck
{
    private const string Path = "/api/webhooks/mux";
    private const string Type = "portal.staging.check";

    /// <summary>What a signature's time may differ by, and room for the clocks.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(StagingRun run)
    {
        // Whoever runs it twice sends other events.
        var id = $"staging-check-{run.Now.ToUnixTimeMilliseconds()}";
        var first = new MuxEvent(run.MuxSecret, $"{id}-first");
        var signed = first.Sign(run.Now);
        await TakesAsync(run, "an event, signed", first, signed);
        var stored = await StoredAsync(
            run, "the inbox after it", first, "1 event, processed", one => one?["status"]?.ToString() == "processed");
        await TakesAsync(run, "the same again, with the same signature", first, signed);
        await TakesAsync(run, "the same again, signed anew", first, first.Sign(run.Now));
        await StoredAsync(
            run, "the inbox after three times", first, "1 event, as it was", one => one is not null && JsonNode.DeepEquals(one, stored));

        var late = new MuxEvent(run.MuxSecret, $"{id}-late");
        await TakesAsync(run, "an event signed 290 s ago", late, late.Sign(run.Now - Tolerance + Skew));
        var early = new MuxEvent(run.MuxSecret, $"{id}-early");
        await TakesAsync(run, "an event signed 290 s ahead", early, early.Sign(run.Now + Tolerance - Skew));
        await RefusesAsync(run, new MuxEvent(run.MuxSecret, $"{id}-bad"));
    }

    private static async Task RefusesAsync(StagingRun run, MuxEvent bad)
    {
        var other = bad with { Secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) };
        await RefusesAsync(run, "an event without a signature", bad, null);
        await RefusesAsync(run, "an event signed with another secret", bad, other.Sign(run.Now));
        await RefusesAsync(run, "an event that was changed after it was signed", bad with { Id = bad.Id + "x" }, bad.Sign(run.Now));
        await RefusesAsync(run, "an event signed 310 s ago", bad, bad.Sign(run.Now - Tolerance - Skew));
        await RefusesAsync(run, "an event signed 310 s ahead", bad, bad.Sign(run.Now + Tolerance + Skew));
        await StoredAsync(run, "the inbox after those", bad, "none of them", one => one is null);
    }

    private static Task<PortalAnswer> TakesAsync(StagingRun run, string asked, MuxEvent sent, string signature) =>
        run.AskAsync(asked, Request(run, sent, signature), "200", answer => answer.Status == 200);

    private static Task<PortalAnswer> RefusesAsync(StagingRun run, string asked, MuxEvent sent, string? signature) => run.AskAsync(
        asked, Request(run, sent, signature), "401 bad-signature", answer => answer.Status == 401 && answer.Problem == "bad-signature");

    /// <returns>The event as the inbox has it; null: it has none whose id begins so.</returns>
    private static async Task<JsonNode?> StoredAsync(
        StagingRun run, string asked, MuxEvent sent, string expected, Func<JsonNode?, bool> holds)
    {
        JsonNode? one = null;
        await run.AskAsync(
            asked, await run.OperatorAsync(HttpMethod.Get, $"/api/ops/webhooks?provider=mux&type={Type}&limit=50"), expected,
            answer =>
            {
                one = Of(answer, sent).Count() > 1 ? null : Of(answer, sent).SingleOrDefault();
                return answer.Status == 200 && answer.Json?["items"] is JsonArray && Of(answer, sent).Count() <= 1 && holds(one);
            },
            answer => $"{answer.Told}, {Of(answer, sent).Count()} of this check");
        return one;
    }

    private static IEnumerable<JsonNode> Of(PortalAnswer answer, MuxEvent sent) => (answer.Json?["items"] as JsonArray ?? [])
        .Where(each => each?["eventId"]?.ToString().StartsWith(sent.Id, StringComparison.Ordinal) == true).OfType<JsonNode>();

    private static HttpRequestMessage Request(StagingRun run, MuxEvent sent, string? signature)
    {
        var request = run.Anonymous(HttpMethod.Post, Path);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(sent.Body)) { Headers = { ContentType = new("application/json") } };
        if (signature is not null)
        {
            request.Headers.Add("Mux-Signature", signature);
        }

        return request;
    }

    /// <summary>An event as Mux sends it.</summary>
    private sealed record MuxEvent(string Secret, string Id)
    {
        public string Body => JsonSerializer.Serialize(new { id = Id, type = Type, data = new { } });

        public string Sign(DateTimeOffset at)
        {
            var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{seconds}.{Body}"));
            return $"t={seconds},v1={Convert.ToHexStringLower(signature)}";
        }
    }
}
