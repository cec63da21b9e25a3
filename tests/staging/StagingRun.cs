using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Portal.Tests.Staging;

/// <summary>One check under way: it asks the portal, and writes down what was answered.</summary>
public sealed class StagingRun(
    StagingArguments arguments, StagingWorld world, StagingReport report, StagingPeople people, CancellationToken ct)
{
    /// <summary>What a request is asked for, as the report calls it.</summary>
    public static readonly HttpRequestOptionsKey<string> Asked = new("asked");

    private readonly HttpClient http = new(world.Handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(100) };
    private readonly List<string> links = [];

    public StagingArguments Arguments => arguments;

    public StagingReport Report => report;

    public CancellationToken Stop => ct;

    public DateTimeOffset Now => world.Clock.GetUtcNow();

    public string MuxSecret => people.MuxSecret;

    public Task WaitAsync(TimeSpan span, string why) => world.WaitAsync(span, why, ct);

    public Task<Guid> AssetAsync() => people.Video.AssetAsync(this);

    public async Task<HttpRequestMessage> AdminAsync(HttpMethod method, string path, object? body = null) =>
        Signed(await people.Admin.TokenAsync(ct), method, path, body);

    public async Task<HttpRequestMessage> OperatorAsync(HttpMethod method, string path) =>
        Signed(await people.Operator.TokenAsync(ct), method, path, null);

    /// <summary>Without a session.</summary>
    public HttpRequestMessage Anonymous(HttpMethod method, string path, object? body = null) => new(method, new Uri(arguments.Base, path))
    {
        Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
    };

    /// <summary>Asks, and notes whether the answer is what must come.</summary>
    public async Task<PortalAnswer> AskAsync(
        string asked, HttpRequestMessage request, string expected, Func<PortalAnswer, bool> holds, Func<PortalAnswer, string>? told = null)
    {
        var answer = await SendAsync(asked, request);
        report.Add(asked, expected, answer.Status == 0 || told is null ? answer.Told : told(answer), answer.Status != 0 && holds(answer));
        return answer;
    }

    /// <summary>Asks for what the check needs before it can look at anything.</summary>
    /// <exception cref="StagingStoppedException">It was refused.</exception>
    public async Task<PortalAnswer> PrepareAsync(string what, HttpRequestMessage request, params int[] statuses)
    {
        var answer = await SendAsync(what, request);
        return statuses.Contains(answer.Status)
            ? answer
            : throw new StagingStoppedException($"{what} was asked for, and the answer was {answer.Told}. {answer.Text("detail")}");
    }

    /// <summary>Asks, and leaves the verdict to the check.</summary>
    public async Task<PortalAnswer> SendAsync(string asked, HttpRequestMessage request)
    {
        try
        {
            using var response = await OpenAsync(asked, request);
            var headers = response.Headers.Concat(response.Content.Headers)
                .SelectMany(header => header.Value.Select(value => (header.Key, Value: value)))
                .ToLookup(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase);
            return new((int)response.StatusCode, headers, await response.Content.ReadAsStringAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new(0, Array.Empty<string>().ToLookup(name => name), e.Message);
        }
    }

    /// <summary>For an answer that may be too long to be held.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string asked, HttpRequestMessage request)
    {
        request.Options.Set(Asked, asked);
        using (request)
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
    }

    /// <summary>A share link of the video for a day; it is revoked when the check is over.</summary>
    public async Task<(string Id, string Token)> ShareAsync(string? passphrase = null)
    {
        var body = new
        {
            assetId = await AssetAsync(),
            label = $"Staging check {report.Check.Name}",
            notify = "off",
            expiresAt = Now.AddHours(25),
            passphrase,
        };
        var link = await PrepareAsync("a share link", await AdminAsync(HttpMethod.Post, "/api/share-links", body), 201);
        var (id, token) = (
            link.Text("id") ?? throw new FormatException("the share link has no id"),
            link.Text("token") ?? throw new FormatException("the share link has no token"));
        links.Add(id);
        people.Secrets.Add(token);
        return (id, token);
    }

    /// <summary>The check revoked it itself.</summary>
    public void Forget(string link) => links.Remove(link);

    public async Task CleanUpAsync()
    {
        foreach (var link in links)
        {
            var answer = await SendAsync("clean up", await AdminAsync(HttpMethod.Post, $"/api/share-links/{link}/revoke"));
            if (answer.Status != 200)
            {
                report.Note($"The share link {link} of this check could not be revoked: {answer.Told}. Revoke it.");
            }
        }
    }

    private HttpRequestMessage Signed(string token, HttpMethod method, string path, object? body)
    {
        var request = Anonymous(method, path, body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}

/// <summary>What checks share: who is signed in, the video, and what must stand in no report.</summary>
public sealed class StagingPeople(StagingArguments arguments, StagingWorld world)
{
    public HashSet<string> Secrets { get; } = [];

    public StagingSession Admin => field ??= new(StagingMissing.Session, world, Secrets);

    public StagingSession Operator => field ??= new(StagingMissing.Operator, world, Secrets);

    public StagingVideo Video => field ??= new(arguments);

    public string MuxSecret
    {
        get
        {
            var secret = world.Variable(StagingMissing.MuxSecret)!;
            Secrets.Add(secret);
            return secret;
        }
    }
}
