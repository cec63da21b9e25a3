using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Portal.Events.Deliveries.Mails;
using Portal.Vendors.Mux;

namespace Portal.Operations.Probes;

/// <summary>
/// Opens a share link as a guest does who has never been here: a name look-up and a connection of its own, this app's public address, then
/// the playlist at Mux. No segment is fetched, so nothing is delivered and nothing is paid for. The token goes nowhere else: this client
/// writes no log line, begins no span and follows no redirect.
/// </summary>
public sealed class OpenAsGuest(IOptions<MailOptions> app, IOptions<MuxOptions> mux, TimeProvider clock) : IDisposable
{
    /// <summary>Of all of it. Who waits longer for a video to begin gives up.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Of an answer: those that are asked for have a few kilobytes.</summary>
    public const int MostBytes = 64 * 1024;

    private const string ViewerHeader = "Portal-Viewer";

    /// <summary>The playback audit shows it as a robot's.</summary>
    private const string Agent = "portal-probe-bot/1.0";

    // Each probe connects anew. Without a propagator there is no span, and so no address in one.
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MostBytes,
    };

    public async Task<ProbeResult> RunAsync(string token, string viewerKey, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var step = ProbeStep.Open;
        try
        {
            var (status, body) = await GetAsync(new($"{app.Value.ApiUrl.TrimEnd('/')}/api/share/{token}"), viewerKey, both.Token);
            if (status != 200)
            {
                return Answered(step, status);
            }

            if (PlaybackUrl(body) is not { } playlist)
            {
                return new(ProbeOutcome.Unreadable, step);
            }

            step = ProbeStep.Playlist;
            (status, body) = await GetAsync(playlist, null, both.Token);
            return status != 200 ? Answered(step, status)
                : body.StartsWith("#EXTM3U", StringComparison.Ordinal) ? new(ProbeOutcome.Played)
                : new(ProbeOutcome.Unreadable, step);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new(ProbeOutcome.TimedOut, step);
        }
        catch (HttpRequestException e)
        {
            return new(
                e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? ProbeOutcome.Unreadable : ProbeOutcome.Unreachable,
                step);
        }
    }

    public void Dispose() => http.Dispose();

    private static ProbeResult Answered(string step, int status) =>
        new(status >= 500 ? ProbeOutcome.Failed : ProbeOutcome.Refused, step, status);

    private async Task<(int Status, string Body)> GetAsync(Uri address, string? viewerKey, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("User-Agent", Agent);
        if (viewerKey is not null)
        {
            request.Headers.Add(ViewerHeader, viewerKey);
        }

        using var response = await http.SendAsync(request, ct);
        return ((int)response.StatusCode, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(ct)));
    }

    /// <summary>Null: the answer is none of a link that opened, or leads somewhere else than to Mux.</summary>
    private Uri? PlaybackUrl(string body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement is { ValueKind: JsonValueKind.Object } link
                && link.TryGetProperty("playbackUrl", out var url) && url.ValueKind == JsonValueKind.String
                && url.GetString() is { } address
                && address.StartsWith($"{mux.Value.StreamUrl.TrimEnd('/')}/", StringComparison.Ordinal)
                && Uri.TryCreate(address, UriKind.Absolute, out var found)
                    ? found
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
