using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Clerk;

/// <summary>
/// The public keys of our Clerk instance, kept for five minutes. An unknown key id fetches again, but at most once in ten seconds:
/// a stranger who sends made-up ids must not make us hammer Clerk. When Clerk is away, keys that we had stay good for a day.
/// </summary>
public sealed class ClerkKeys(HttpClient http, IOptions<ClerkOptions> options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Usable = TimeSpan.FromHours(24);
    private static readonly TimeSpan FetchGap = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim fetching = new(1, 1);
    private volatile KeySet current = new(new Dictionary<string, RSAParameters>(), DateTimeOffset.MinValue);
    private DateTimeOffset lastTry = DateTimeOffset.MinValue;

    /// <summary>The key of that id, or null when the instance has none. Throws <see cref="HttpRequestException"/> when no keys can be had.</summary>
    public async Task<RSAParameters?> FindAsync(string kid, CancellationToken ct)
    {
        if (clock.GetUtcNow() - current.FetchedAt < Fresh && current.Keys.TryGetValue(kid, out var known))
        {
            return known;
        }

        await RefreshAsync(kid, ct);
        return current.Keys.TryGetValue(kid, out var key) ? key : null;
    }

    public void Dispose() => fetching.Dispose();

    private async Task RefreshAsync(string kid, CancellationToken ct)
    {
        await fetching.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow();
            var stale = now - current.FetchedAt >= Fresh;
            if ((!stale && current.Keys.ContainsKey(kid)) || now - lastTry < FetchGap)
            {
                return;
            }

            lastTry = now;
            current = new(await FetchAsync(ct), now);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or FormatException
                                  || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            if (clock.GetUtcNow() - current.FetchedAt > Usable)
            {
                throw new HttpRequestException("Clerk's keys cannot be fetched.", e);
            }
        }
        finally
        {
            fetching.Release();
        }
    }

    private async Task<Dictionary<string, RSAParameters>> FetchAsync(CancellationToken ct)
    {
        using var json = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri(options.Value.KeysUrl), ct));
        var keys = new Dictionary<string, RSAParameters>(StringComparer.Ordinal);
        foreach (var key in json.RootElement.GetProperty("keys").EnumerateArray())
        {
            if (key.GetProperty("kty").GetString() == "RSA" && key.TryGetProperty("kid", out var kid))
            {
                keys[kid.GetString()!] = new RSAParameters
                {
                    Modulus = Base64Url.DecodeFromChars(key.GetProperty("n").GetString()),
                    Exponent = Base64Url.DecodeFromChars(key.GetProperty("e").GetString()),
                };
            }
        }

        return keys;
    }

    private sealed record KeySet(IReadOnlyDictionary<string, RSAParameters> Keys, DateTimeOffset FetchedAt);
}
