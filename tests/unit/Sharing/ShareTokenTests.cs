using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Sharing.ShareLinks;

namespace Portal.Tests.Unit.Sharing;

/// <summary>What opens a share link, what is kept of it, and what a guest is told who is not let in.</summary>
public sealed class ShareTokenTests
{
    private static readonly ShareLinkId Link = new(new("0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47"));

    private static readonly ShareTokens Tokens = new(Options.Create(new ShareLinkOptions
    {
        Keys = new() { ["k1"] = Key(1), ["k2"] = Key(2) },
        CurrentKey = "k2",
    }));

    [Fact]
    public void A_token_is_an_HMAC_of_link_and_generation_and_nobody_elses()
    {
        var token = Tokens.Make(Link, 1, "k1");
        byte[] message = [.. Link.Value.ToByteArray(bigEndian: true), 0, 0, 0, 1];
        Assert.Equal(Base64Url.EncodeToString(HMACSHA256.HashData(Convert.FromBase64String(Key(1)), message)), token);
        Assert.Equal(token, Tokens.Make(Link, 1, "k1"));
        string[] all =
        [
            token, Tokens.Make(Link, 2, "k1"), Tokens.Make(Link, 256, "k1"), Tokens.Make(Link, 1, Tokens.CurrentKey),
            Tokens.Make(new(Guid.NewGuid()), 1, "k1"),
        ];
        Assert.Equal(5, all.Distinct().Count());
        Assert.Throws<KeyNotFoundException>(() => Tokens.Make(Link, 1, "k3"));
    }

    [Fact]
    public void Of_a_token_its_SHA256_is_kept_and_of_what_is_no_token_nothing()
    {
        var token = Tokens.Make(Link, 1, "k1");
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(token)), ShareTokens.Hash(token));
        string[] none = ["", token[..42], token + "A", token[..42] + "!", token[..42] + "+"];
        Assert.All(none, text => Assert.Null(ShareTokens.Hash(text)));
    }

    [Fact]
    public void Of_a_cookie_of_1_to_100_letters_its_SHA256_is_kept()
    {
        Assert.Null(ShareTokens.CookieHash(null));
        Assert.Null(ShareTokens.CookieHash(""));
        Assert.Equal(SHA256.HashData("a"u8), ShareTokens.CookieHash("a"));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(new string('é', 100))), ShareTokens.CookieHash(new string('é', 100)));
        Assert.Null(ShareTokens.CookieHash(new string('a', 101)));
    }

    [Theory]
    [InlineData("unavailable", "Forbidden", "share-link-unavailable", "no longer available")]
    [InlineData("not_addressed", "Forbidden", "not-addressed", "somebody else")]
    [InlineData("not_opened", "Forbidden", "share-link-not-opened", "send its cookie along")]
    [InlineData("sign_in_required", "Unauthenticated", "sign-in-required", "Sign in first: This link is only for")]
    [InlineData("passphrase_required", "Unauthenticated", "passphrase-required", "Passphrase needed: Send")]
    [InlineData("limited", "TooMany", "12 of 7", "At most 7 requests a minute from one address.")]
    [InlineData("guessed_too_often", "TooMany", "12 of ", "Too many wrong passphrases")]
    public async Task Each_way_to_be_kept_out_has_its_words(string outcome, string kind, string about, string words)
    {
        var refusal = await RefusalsAsync(outcome);
        var (code, text) = refusal switch
        {
            Refusal.Forbidden no => (no.Slug, no.Detail),
            Refusal.Unauthenticated no => (no.Slug, $"{no.Title}: {no.Detail}"),
            Refusal.TooMany no => ($"{no.RetryAfter} of {no.Limit}", no.Detail),
            _ => ("", ""),
        };
        Assert.Equal((kind, about), (refusal.GetType().Name, code));
        Assert.Contains(words, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_that_the_database_has_and_guests_do_not_is_a_bug_and_no_way_in() => Assert.Contains(
        "something_new",
        (await Assert.ThrowsAsync<InvalidOperationException>(() => RefusalsAsync("something_new"))).Message, StringComparison.Ordinal);

    /// <summary>Without a database: only who guesses at tokens is counted.</summary>
    private static Task<Refusal> RefusalsAsync(string outcome) => new ShareRefusals(
            null!,
            new RateLimitStore(
                null!, Options.Create(new LimitOptions { PlaybacksPerMinute = 7 }), null!, TimeProvider.System,
                NullLogger<RateLimitStore>.Instance))
        .OfAsync(outcome, 12, new Requester([1], "Chrome", "r"), CancellationToken.None);

    private static string Key(byte of) => Convert.ToBase64String(Enumerable.Repeat(of, 32).ToArray());
}
