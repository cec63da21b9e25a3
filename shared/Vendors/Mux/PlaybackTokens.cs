using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Portal.Vendors.Mux;

/// <summary>What a signed playback token opens (vendor fact, signed playback: <c>aud</c>).</summary>
public static class PlaybackAudience
{
    public const string Video = "v";
    public const string Thumbnail = "t";
    public const string Storyboard = "s";
}

/// <summary>
/// Signs Mux playback tokens (RS256; sub, aud, exp, kid in header and claims). A signature costs more than the query before it,
/// so a token is kept for its (playback id, audience, expiry); expiries fall on whole minutes, so guests of the same minute share
/// one. Never longer than <see cref="MaxTtl"/>, never past the end the caller gives.
/// </summary>
public sealed class PlaybackTokens
{
    /// <summary>Playback tokens live at most 15 minutes, so that a revoked link dies within that time.</summary>
    public static readonly TimeSpan MaxTtl = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<(string PlaybackId, string Audience, long Expires), string> cache = new();
    private readonly TimeProvider clock;
    private readonly string keyId;
    private readonly JsonWebTokenHandler handler = new();
    private readonly SigningCredentials signing;

    public PlaybackTokens(IOptions<MuxOptions> options, TimeProvider clock)
    {
        this.clock = clock;
        keyId = options.Value.SigningKeyId;
        using var rsa = RSA.Create();
        rsa.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(options.Value.SigningPrivateKey)));
        // Handed over as numbers: the library makes and pools RSA objects of its own, one for each signature that is being made.
        var key = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)) { KeyId = keyId };
        signing = new(key, SecurityAlgorithms.RsaSha256);
    }

    /// <summary>How many tokens are kept.</summary>
    public int MostKept { get; init; } = 20_000;

    /// <summary>When a token made now ends: on a whole minute within the last minute of 15, and not after
    /// <paramref name="notAfter"/>.</summary>
    public DateTimeOffset Expiry(DateTimeOffset? notAfter)
    {
        var latest = (clock.GetUtcNow() + MaxTtl).ToUnixTimeSeconds();
        var bucket = DateTimeOffset.FromUnixTimeSeconds(latest - (latest % 60));
        return notAfter is { } end && end < bucket ? DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds()) : bucket;
    }

    public string Sign(string playbackId, string audience, DateTimeOffset expires)
    {
        var entry = (playbackId, audience, expires.ToUnixTimeSeconds());
        if (cache.TryGetValue(entry, out var token))
        {
            return token;
        }

        // As text, to which the library adds nothing: Mux reads these claims and no others.
        var claims = JsonSerializer.Serialize(new { sub = playbackId, aud = audience, exp = entry.Item3, kid = keyId });
        token = handler.CreateToken(claims, signing);
        DropOld();
        cache[entry] = token;
        return token;
    }

    private void DropOld()
    {
        if (cache.Count < MostKept)
        {
            return;
        }

        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        foreach (var entry in cache.Keys.Where(k => k.Expires <= now))
        {
            cache.TryRemove(entry, out _);
        }

        // Still full: a flood of different videos. Starting over costs signatures, not correctness.
        if (cache.Count >= MostKept)
        {
            cache.Clear();
        }
    }
}
