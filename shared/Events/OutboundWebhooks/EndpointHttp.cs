using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Portal.Events.OutboundWebhooks;

/// <summary>What an endpoint said.</summary>
/// <param name="Status">Null: it did not answer.</param>
/// <param name="Error">Null: it took the event.</param>
/// <param name="RetryAfter">How long it asks to be left alone.</param>
public sealed record EndpointAnswer(
    int? Status, string? Error, string? ContentType, string Body, TimeSpan? RetryAfter, int DurationMs)
{
    public bool IsGone => Status == (int)HttpStatusCode.Gone;
}

/// <summary>
/// Sends an event to an endpoint: ten seconds, no redirect followed, no proxy, no cookie, at most 64 kB of the answer read, certificates
/// checked, connections by <see cref="GuardedConnector"/> alone.
/// </summary>
public sealed class EndpointHttp : IDisposable
{
    public const int MostResponseBytes = 64 * 1024;
    private const int MostHeaderKilobytes = 16;
    private const int MostConnections = 8;
    private const string NoHttp = "broke the connection off, or did not answer in HTTP";
    private const string Agent = "MotionMavericks-Webhooks/1";

    private readonly HttpClient http;
    private readonly TimeProvider clock;

    public EndpointHttp(GuardedConnector connector, TimeProvider clock)
    {
        this.clock = clock;
        http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (context, ct) => connector.ConnectAsync(context.DnsEndPoint, ct),
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            MaxResponseDrainSize = 0,
            MaxConnectionsPerServer = MostConnections,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>By the machine's clock, as HttpClient's own limit: a test's clock may jump an hour while a call is under way.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public async Task<EndpointAnswer> PostAsync(
        Uri url, string body, IEnumerable<(string Name, string Value)> headers, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.UserAgent.Add(ProductInfoHeaderValue.Parse(Agent));
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var began = clock.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Timeout);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode < HttpStatusCode.Continue)
            {
                return Silent(NoHttp, began);
            }

            var said = await ReadAsync(response.Content, limit.Token);
            ct.ThrowIfCancellationRequested();
            return new(
                (int)response.StatusCode, Error(response), response.Content.Headers.ContentType?.ToString(), said, RetryAfter(response),
                Elapsed(began));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Silent($"no answer within {Timeout.TotalSeconds:0} s", began);
        }
        catch (HttpRequestException e)
        {
            return Silent(Reason(e), began);
        }
    }

    public void Dispose() => http.Dispose();

    private static string? Error(HttpResponseMessage response) => response.IsSuccessStatusCode ? null
        : (int)response.StatusCode is >= 300 and < 400 ? $"answered {(int)response.StatusCode}: redirects are not followed"
        : $"answered {(int)response.StatusCode}";

    /// <summary>As much of it as came in time and is read at all: whether it was taken is said by the status alone.</summary>
    private static async Task<string> ReadAsync(HttpContent content, CancellationToken ct)
    {
        var bytes = new byte[MostResponseBytes];
        var length = 0;
        try
        {
            await using var stream = await content.ReadAsStreamAsync(ct);
            for (int read; length < bytes.Length && (read = await stream.ReadAsync(bytes.AsMemory(length), ct)) > 0;)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            // What came is enough for the log.
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    private EndpointAnswer Silent(string why, long began) => new(null, why, null, "", null, Elapsed(began));

    private int Elapsed(long began) => (int)clock.GetElapsedTime(began).TotalMilliseconds;

    private static string Reason(HttpRequestException e) => e switch
    {
        { InnerException: AddressRefusedException refused } => refused.Message,
        { HttpRequestError: HttpRequestError.NameResolutionError } => "the name of the host cannot be resolved",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "no secure connection: its certificate or TLS version is not good",
        { HttpRequestError: HttpRequestError.ConnectionError } => "cannot be reached",
        _ => NoHttp,
    };
}
