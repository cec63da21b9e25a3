using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Portal.Foundation.Alerts;

namespace Portal.Vendors.Clerk;

/// <summary>
/// The public keys of our Clerk instance, kept for five minutes. An unknown key id fetches again, but at most once in ten seconds:
/// a stranger who sends made-up ids must not make us hammer Clerk. When Clerk is away, keys that we had stay good for a day; without any
/// that are good nobody can sign in, which on-call hears once, until keys are there again.
/// </summary>
/// <remarks>
/// Not the library's ConfigurationManager: it reads the machine's clock, and cannot tell a key that does not exist from keys that cannot
/// be had.
/// </remarks>
public sealed class ClerkKeys(HttpClient http, IOptions<ClerkOptions> options, RaiseAlert raise, EndAlert end, TimeProvider clock)
    : IDisposable
{
    private const string AlertKey = "clerk";
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Usable = TimeSpan.FromHours(24);
    private static readonly TimeSpan FetchGap = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim fetching = new(1, 1);
    private volatile KeySet current = new(new Dictionary<string, RsaSecurityKey>(), DateTimeOffset.MinValue);
    private volatile Exception? failure;
    private bool raised;
    private DateTimeOffset lastAttempt = DateTimeOffset.MinValue;

    /// <summary>The key of that id, or null when the instance has none.</summary>
    /// <exception cref="HttpRequestException">It is not known, and Clerk cannot be asked: nobody can say whether it is good.</exception>
    public async Task<SecurityKey?> FindAsync(string kid, CancellationToken ct)
    {
        var known = Known(kid);
        if (known is not null && IsFresh)
        {
            return known;
        }

        // Whoever has a key that is only stale does not wait while somebody else fetches.
        if (await fetching.WaitAsync(known is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ct))
        {
            try
            {
                await RefreshAsync(kid);
            }
            finally
            {
                fetching.Release();
            }
        }

        return Known(kid) ?? (failure is null ? null : throw new HttpRequestException("Clerk's keys cannot be fetched.", failure));
    }

    public void Dispose() => fetching.Dispose();

    private bool IsFresh => clock.GetUtcNow() - current.FetchedAt < Fresh;

    private RsaSecurityKey? Known(string kid)
    {
        var set = current;
        return clock.GetUtcNow() - set.FetchedAt <= Usable && set.Keys.TryGetValue(kid, out var key) ? key : null;
    }

    /// <summary>For everybody: a caller who leaves must not cancel it. The client's timeout ends it.</summary>
    private async Task RefreshAsync(string kid)
    {
        var now = clock.GetUtcNow();
        if ((IsFresh && current.Keys.ContainsKey(kid)) || now - lastAttempt < FetchGap)
        {
            return;
        }

        lastAttempt = now;
        try
        {
            // The first of a process: the one that has raised it may have been another.
            var mended = raised || current.Keys.Count == 0;
            current = new(await FetchAsync(), now);
            failure = null;
            raised = false;
            if (mended)
            {
                await end(AlertKind.ClerkKeysUnavailable, AlertKey, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ArgumentException or FormatException)
        {
            failure = e;
            if (!raised && now - current.FetchedAt > Usable)
            {
                await raise(
                    new(AlertKind.ClerkKeysUnavailable, AlertKey, "Clerk's keys cannot be fetched: nobody can sign in.",
                        new { reason = e.GetType().Name }), CancellationToken.None);
                raised = true;
            }
        }
    }

    private async Task<Dictionary<string, RsaSecurityKey>> FetchAsync()
    {
        var document = new JsonWebKeySet(await http.GetStringAsync(new Uri(options.Value.KeysUrl), CancellationToken.None));
        var keys = new Dictionary<string, RsaSecurityKey>(StringComparer.Ordinal);
        foreach (var key in document.GetSigningKeys().OfType<RsaSecurityKey>().Where(key => key.KeyId is { Length: > 0 }))
        {
            keys[key.KeyId] = key;
        }

        // An instance always has a key: an answer without one is broken, and must not throw away those that we have.
        return keys.Count > 0 ? keys : throw new FormatException("The document holds no RSA key to check signatures with.");
    }

    private sealed record KeySet(IReadOnlyDictionary<string, RsaSecurityKey> Keys, DateTimeOffset FetchedAt);
}
