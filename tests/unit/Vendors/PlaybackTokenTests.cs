using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Tests.Support;
using Portal.Vendors.Mux;
using Portal.Videos;

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

    [Fact]
    public void A_token_is_signed_once_and_when_too_many_are_kept_those_that_are_over_go_first()
    {
        using var key = RSA.Create(2048);
        var clock = new TestClock();
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportRSAPrivateKeyPem()));
        var tokens = new PlaybackTokens(Options.Create(new MuxOptions { SigningKeyId = "key_1", SigningPrivateKey = pem }), clock)
        {
            MostKept = 4,
        };
        var (soon, later) = (tokens.Expiry(null), tokens.Expiry(null).AddMinutes(1));
        string Sign(string id, DateTimeOffset expires) => tokens.Sign(id, PlaybackAudience.Video, expires);
        var (a, b, c) = (Sign("a", soon), Sign("b", later), Sign("c", later));
        Assert.Same(a, Sign("a", soon));
        Assert.NotEqual(a, tokens.Sign("a", PlaybackAudience.Thumbnail, soon));

        // Room for none: one that ends just now goes, and the others stay.
        clock.Advance(soon - clock.GetUtcNow());
        var d = Sign("d", later);
        Assert.Same(b, Sign("b", later));
        Assert.Same(c, Sign("c", later));
        Assert.NotSame(a, Sign("a", soon));

        // Four are kept, none of which is over but one: it goes. Then none is over, and all go.
        Sign("e", later);
        Assert.Same(d, Sign("d", later));
        Sign("f", later);
        Assert.NotSame(b, Sign("b", later));
        Assert.Equal(b, Sign("b", later));
    }

    [Fact]
    public void Nothing_is_forgotten_while_there_is_room()
    {
        using var key = RSA.Create(2048);
        var clock = new TestClock();
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportRSAPrivateKeyPem()));
        var tokens = new PlaybackTokens(Options.Create(new MuxOptions { SigningKeyId = "key_1", SigningPrivateKey = pem }), clock);
        var over = clock.GetUtcNow();
        var token = tokens.Sign("a", PlaybackAudience.Video, over);
        tokens.Sign("b", PlaybackAudience.Video, over);
        Assert.Same(token, tokens.Sign("a", PlaybackAudience.Video, over));
        Assert.Equal(20_000, tokens.MostKept);
    }

    [Theory]
    [InlineData(121, 120)]
    [InlineData(120, 0)]
    [InlineData(60, 0)]
    public void Addresses_are_signed_and_renewed_two_minutes_before_their_end(int seconds, int early)
    {
        using var key = RSA.Create(2048);
        var clock = new TestClock();
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportRSAPrivateKeyPem()));
        var options = Options.Create(
            new MuxOptions { SigningKeyId = "key_1", SigningPrivateKey = pem, StreamUrl = "https://stream.example/" });
        var (tokens, expires) = (new PlaybackTokens(options, clock), clock.GetUtcNow().AddSeconds(seconds));
        var mint = new MintPlayback(tokens, options, clock);

        var video = tokens.Sign("play", PlaybackAudience.Video, expires);
        Assert.Equal(
            new PlaybackUrls(
                $"https://stream.example/play.m3u8?token={video}",
                $"https://image.mux.com/play/thumbnail.jpg?token={tokens.Sign("play", PlaybackAudience.Thumbnail, expires)}",
                expires, expires.AddSeconds(-early)),
            mint.For("play", expires));
        Assert.Equal($"https://stream.example/play/high.mp4?token={video}", mint.FileFor("play", "high.mp4", expires));
    }

    private static string Text(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));
}
