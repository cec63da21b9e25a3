using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Tests.Support;
using Portal.Vendors.Mux;

namespace Portal.Tests.Unit.Vendors;

/// <summary>What a playback token says is Mux's to define: those header fields and claims, and no others.</summary>
public sealed class PlaybackTokenTests
{
    [Fact]
    public void A_token_is_exactly_what_Mux_reads_and_signed_with_our_key_by_many_at_once()
    {
        using var key = RSA.Create(2048);
        var clock = new TestClock();
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportRSAPrivateKeyPem()));
        var tokens = new PlaybackTokens(Options.Create(new MuxOptions { SigningKeyId = "key_1", SigningPrivateKey = pem }), clock);
        var made = new string[400];
        var expires = tokens.Expiry(null);

        Parallel.For(0, made.Length, i => made[i] = tokens.Sign($"play_{i}", PlaybackAudience.Video, expires));

        for (var i = 0; i < made.Length; i++)
        {
            var parts = made[i].Split('.');
            Assert.Equal("""{"alg":"RS256","kid":"key_1","typ":"JWT"}""", Text(parts[0]));
            Assert.Equal($$"""{"sub":"play_{{i}}","aud":"v","exp":{{expires.ToUnixTimeSeconds()}},"kid":"key_1"}""", Text(parts[1]));
            var (message, signature) = (Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]));
            Assert.True(key.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
    }

    [Theory]
    [InlineData(0, 15 * 60)]
    [InlineData(1, (15 * 60) - 1)]
    [InlineData(59, (15 * 60) - 59)]
    public void A_token_ends_on_a_whole_minute_within_fifteen_and_not_after_the_end_that_is_given(int second, int lives)
    {
        using var key = RSA.Create(2048);
        var clock = new TestClock();
        clock.Advance(TimeSpan.FromSeconds(60 + second - clock.GetUtcNow().Second));
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportRSAPrivateKeyPem()));
        var tokens = new PlaybackTokens(Options.Create(new MuxOptions { SigningKeyId = "key_1", SigningPrivateKey = pem }), clock);

        Assert.Equal(now.AddSeconds(lives), tokens.Expiry(null));
        Assert.Equal(now.AddSeconds(lives - 1), tokens.Expiry(now.AddSeconds(lives - 1)));
        Assert.Equal(now.AddSeconds(lives), tokens.Expiry(now.AddSeconds(lives)));
        Assert.Equal(now.AddSeconds(lives), tokens.Expiry(now.AddSeconds(lives + 1)));
    }

    private static string Text(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));
}
