using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Portal.Tests.Support;

/// <summary>A guest with a share token and a browser's memory: cookies come back at the addresses they were set for.</summary>
public sealed class Guest(HttpClient http, string token)
{
    private readonly Dictionary<string, string> cookies = [];

    /// <summary>A session token, when the guest is somebody who is signed in.</summary>
    public string? Session { get; set; }

    /// <summary>Headers of every request, for a page whose browser keeps no cookies.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>The last cookies that were set, whole.</summary>
    public IReadOnlyList<string> Cookies { get; private set; } = [];

    public Task<Answer> OpenAsync() => SendAsync(HttpMethod.Get, "");

    public Task<Answer> UnlockAsync(string passphrase) => SendAsync(HttpMethod.Post, "/unlock", new { passphrase });

    public Task<Answer> CommentAsync(string body, object? more = null) =>
        SendAsync(HttpMethod.Post, "/comments", Merge(new { name = "Gwen Guest", body }, more));

    /// <summary>What the guest's player says of a playback, as a browser sends it.</summary>
    public Task<Answer> SayAsync(string body, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return SendAsync($"/api/share/{token}/playback-events", HttpMethod.Post, content);
    }

    /// <summary>The link's page, or what lies under it.</summary>
    public Task<Answer> VisitAsync(string under = "", HttpMethod? method = null) =>
        SendAsync($"/s/{token}{under}", method ?? HttpMethod.Get, null);

    /// <summary>The page's form for the passphrase, as a browser sends it.</summary>
    public Task<Answer> SubmitAsync(string passphrase) => SendAsync(
        $"/s/{token}", HttpMethod.Post, new FormUrlEncodedContent([new("passphrase", passphrase)]));

    /// <summary>A request to the link's address and what lies under it.</summary>
    public Task<Answer> SendAsync(HttpMethod method, string under, object? body = null, string? etag = null) =>
        SendAsync($"/api/share/{token}{under}", method, JsonOf(body), etag);

    internal static JsonContent? JsonOf(object? body) =>
        body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web);

    private async Task<Answer> SendAsync(string path, HttpMethod method, HttpContent? content, string? etag = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        if (cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
        }

        foreach (var (name, value) in Headers)
        {
            request.Headers.Add(name, value);
        }

        if (Session is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Session);
        }

        var answer = await http.SendWithAsync(request, null, etag);
        if (answer.Headers.TryGetValues("Set-Cookie", out var set))
        {
            Cookies = [.. set];
            foreach (var pair in Cookies.Select(c => c.Split(';')[0].Split('=', 2)))
            {
                cookies[pair[0]] = pair[1];
            }
        }

        return answer;
    }

    private static Dictionary<string, object?> Merge(object one, object? other)
    {
        var merged = new Dictionary<string, object?>();
        foreach (var from in new[] { one, other }.OfType<object>())
        {
            foreach (var property in from.GetType().GetProperties())
            {
                merged[property.Name] = property.GetValue(from);
            }
        }

        return merged;
    }
}

/// <summary>Requests that name the version they change.</summary>
public static class GuestCalls
{
    /// <summary>A PATCH or DELETE with <c>If-Match</c>; null sends none.</summary>
    public static async Task<Answer> ChangeAsync(this HttpClient http, HttpMethod method, string path, object? body, string? etag)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        return await http.SendWithAsync(request, body, etag);
    }

    /// <summary>The tag of an answer, as a client keeps it.</summary>
    public static string Tag(this Answer answer) => answer.Headers.ETag!.ToString();

    /// <summary>A share link, as the Agency person makes it.</summary>
    public static async Task<Answer> ShareAsync(this TestPortal portal, Guid asset, object? switches = null)
    {
        var body = switches?.GetType().GetProperties().ToDictionary(p => p.Name, p => p.GetValue(switches)) ?? [];
        body["assetId"] = asset;
        return (await portal.As("agency").PostAsync("/api/share-links", body)).Expect(201);
    }

    /// <summary>One more version of an asset, as a row: there is nothing of it at Mux. Ready unless it says otherwise.</summary>
    public static Task<Guid> AddVersionAsync(this TestPortal portal, Guid asset, int number, string status = "ready") =>
        portal.ScalarAsync<Guid>("""
            insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id,
                   archived_at, created_at, updated_at)
            select gen_random_uuid(), tenant_id, id, @number, @status, 'next.mp4', 1, ready.name, ready.name,
                   case when @status = 'archived' then @now::timestamptz end, @now, @now
              from portal.assets, (select case when @status = 'ready' then gen_random_uuid()::text end as name) ready where id = @asset
            returning id
            """, new { asset, number, status, now = portal.Clock.GetUtcNow() });

    public static Guest GuestOf(this TestPortal portal, Answer link) => new(portal.Anonymous, link.Text("token"));

    /// <summary>A guest at another address than the rest of the test, or at one of many.</summary>
    public static Guest ElsewhereOf(this TestPortal portal, Answer link, int number = 1) =>
        new(portal.Anonymous, link.Text("token")) { Headers = { ["X-Forwarded-For"] = $"198.51.100.{number}" } };

    /// <summary>
    /// What guests get who ask at the same time: each at an address of its own (those of one take turns), and none goes on before all
    /// have come as far as the link's row.
    /// </summary>
    public static Task<IReadOnlyList<Answer>> WhileLinkIsHeldAsync(
        this TestPortal portal, Answer link, IReadOnlyList<Guest> guests, Func<Guest, Task<Answer>> ask) =>
        portal.WhileHeldAsync(
            "select 1 from portal.share_links where id = @Id for update", new { link.Id }, () => guests.Select((guest, i) =>
            {
                guest.Headers["X-Forwarded-For"] = $"198.51.100.{i + 1}";
                return ask(guest);
            }));

    internal static async Task<Answer> SendWithAsync(this HttpClient http, HttpRequestMessage request, object? body, string? etag)
    {
        request.Content ??= Guest.JsonOf(body);
        if (etag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", etag);
        }

        return await (await http.SendAsync(request)).ReadAsync();
    }
}
