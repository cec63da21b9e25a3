using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;

namespace Portal.Local.Demo;

/// <summary>
/// Speaks to the portal as the frontend does: signs people in at Clerk and sends their session token. Tokens live for a minute, so a
/// fresh one is fetched when the last is about to end, as Clerk's own library does.
/// </summary>
internal sealed class Browser(string app, string clerk, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(15);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(100) };
    private readonly Dictionary<string, (string Jwt, DateTimeOffset Ends)> sessions = [];

    public async Task<string> SignInAsync(DemoPerson person, CancellationToken ct)
    {
        using var content = JsonContent.Create(new { person = person.Handle });
        using var response = await http.PostAsync(new Uri($"{clerk}/local/sign-in"), content, ct);
        var answer = (await DemoAnswer.ReadAsync("sign-in", response, ct)).Expect(200);
        var ends = DateTimeOffset.Parse(answer.Field("expires_at"), CultureInfo.InvariantCulture);
        sessions[person.Handle] = (answer.Field("jwt"), ends);
        return person.Handle;
    }

    public async Task<DemoAnswer> AskAsync(HttpMethod method, string path, DemoPerson person, object? body, CancellationToken ct)
    {
        if (!sessions.TryGetValue(person.Handle, out var session) || session.Ends - clock.GetUtcNow() < Lead)
        {
            await SignInAsync(person, ct);
            session = sessions[person.Handle];
        }

        using var request = new HttpRequestMessage(method, app + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session.Jwt);
        request.Content = body is null ? null : JsonContent.Create(body);
        return await SendAsync(request, $"{method} {path}", ct);
    }

    /// <summary>As a guest: no session, no cookie.</summary>
    public async Task<DemoAnswer> GetAsync(string address, string asked, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await SendAsync(request, asked, ct);
    }

    /// <summary>Whether an address would open, without opening it.</summary>
    public async Task<int> HeadAsync(string address, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        using var response = await http.SendAsync(request, ct);
        return (int)response.StatusCode;
    }

    /// <summary>The status and the SHA-256 of what an address answers; it may be large.</summary>
    public async Task<(int Status, string Hash)> HashAsync(string address, CancellationToken ct)
    {
        using var response = await http.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, ct);
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        return ((int)response.StatusCode, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct)));
    }

    public void Dispose() => http.Dispose();

    private async Task<DemoAnswer> SendAsync(HttpRequestMessage request, string asked, CancellationToken ct)
    {
        using var response = await http.SendAsync(request, ct);
        return await DemoAnswer.ReadAsync(asked, response, ct);
    }
}
