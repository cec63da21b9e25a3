using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Portal.Vendors;
using Portal.Vendors.Mux;
using Portal.Vendors.PagerDuty;

namespace Portal.Tests.Unit.Vendors;

/// <summary>Which signed webhooks are believed, of each of the three ways to sign, and what the log says of the others. Signed here as the
/// vendors' documents say, without a library.</summary>
public sealed class WebhookSignatureTests
{
    private const string Secret = "mux-secret-of-the-tests";
    private const string Body = """{"type":"video.asset.ready"}""";
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly string SvixSecret = SecretOf(32);

    [Theory]
    [InlineData(-301, "from_the_future")]
    [InlineData(-300, null)]
    [InlineData(0, null)]
    [InlineData(300, null)]
    [InlineData(301, "too_old")]
    public void Either_may_be_five_minutes_old_or_ahead_and_not_a_second_more(int age, string? fault)
    {
        var at = Now.AddSeconds(-age).ToUnixTimeSeconds();
        Assert.Equal(fault, Mux($"t={at},v1={Hex(at, Body)}"));
        Assert.Equal(fault, Svix(new("msg-1", Text(at), Signature("msg-1", at))));
    }

    [Fact]
    public void A_signature_is_over_the_time_and_the_body_with_the_secret()
    {
        var at = Now.ToUnixTimeSeconds();
        var good = Hex(at, Body);
        Assert.Null(Mux($"t={at},v1={good}"));
        Assert.Equal("mismatch", Mux($"t={at},v1={good}", Body + " "));
        Assert.Equal("mismatch", Mux($"t={at + 1},v1={good}"));
        Assert.Equal("mismatch", Mux($"t={at},v1={Hex(at, Body, "another")}"));
        Assert.Equal("mismatch", Mux($"t={at},v1={good[..^1]}{(good[^1] == '0' ? '1' : '0')}"));
        Assert.Equal("mismatch", Mux($"t={at},v1={good}00"));
        Assert.Equal("mismatch", Mux($"t={at},v1={good[..^2]}"));
        Assert.Equal("mismatch", Mux($"t={at},v1={new string('z', 64)}"));
    }

    [Fact]
    public void Of_several_one_good_one_is_enough_wherever_it_stands_and_the_first_time_counts()
    {
        var at = Now.ToUnixTimeSeconds();
        var (good, bad) = (Hex(at, Body), new string('0', 64));
        Assert.Null(Mux($"t={at},v1={bad},v1={good}"));
        Assert.Null(Mux($"t={at},v1={good},v1={bad}"));
        Assert.Null(Mux($"t={at},v1={good},v1={good}"));
        Assert.Null(Mux($" t={at} , v0={bad} , v1={good} "));
        Assert.Null(Mux($"v1={good},t={at},t=1"));
        Assert.Equal("too_old", Mux($"t=1,t={at},v1={good}"));
        Assert.Equal("malformed", Mux($"t={at},v0={good}"));
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("hello", "malformed")]
    [InlineData("t=,v1=00", "malformed")]
    [InlineData("t=x,v1=00", "malformed")]
    [InlineData("t=-1,v1=00", "malformed")]
    [InlineData("t=1772442000", "malformed")]
    [InlineData("v1=00", "malformed")]
    [InlineData("t=9223372036854775807,v1=00", "from_the_future")]
    [InlineData("t=99999999999999999999,v1=00", "malformed")]
    public void A_header_that_says_no_time_or_no_signature_is_none(string? header, string fault) => Assert.Equal(fault, Mux(header));

    [Theory]
    [InlineData(4096, null)]
    [InlineData(4097, "missing")]
    public void A_header_longer_than_4096_is_not_read(int length, string? fault)
    {
        var at = Now.ToUnixTimeSeconds();
        Assert.Equal(fault, Mux($"t={at},v1={Hex(at, Body)},".PadRight(length, 'x')));
        Assert.Equal(fault, Svix(new("msg-1", Text(at), $"{Signature("msg-1", at)} ".PadRight(length, 'x'))));
    }

    [Fact]
    public void A_signature_of_Svix_is_over_id_time_and_body_with_the_secret()
    {
        var at = Now.ToUnixTimeSeconds();
        var good = Signature("msg-1", at);
        Assert.Null(Svix(new("msg-1", Text(at), good)));
        Assert.Equal("mismatch", Svix(new("msg-2", Text(at), good)));
        Assert.Equal("mismatch", Svix(new("msg-1", Text(at + 1), good)));
        Assert.Equal("mismatch", Svix(new("msg-1", Text(at), good), Body + " "));
        Assert.Equal("mismatch", SvixSignature.Fault(new("msg-1", Text(at), good), Bytes(Body), SecretOf(33), Now));
    }

    [Fact]
    public void Of_several_signatures_of_Svix_one_good_one_of_version_1_is_enough()
    {
        var at = Now.ToUnixTimeSeconds();
        var good = Signature("msg-1", at);
        string[] bad =
        [
            $"v1,{Convert.ToBase64String(new byte[32])}", $"v1,{Convert.ToBase64String(new byte[33])}", $"v2{good[2..]}", "v1,", "v1,!!",
            good[3..],
            $"v1,{Convert.ToBase64String([.. Convert.FromBase64String(good[3..]), 0])}",
            $"v1,{Convert.ToBase64String(Convert.FromBase64String(good[3..])[..31])}",
        ];
        Assert.All(bad, one => Assert.Equal("mismatch", Svix(new("msg-1", Text(at), one))));
        Assert.Equal("mismatch", Svix(new("msg-1", Text(at), string.Join(' ', bad))));
        Assert.Null(Svix(new("msg-1", Text(at), string.Join(' ', [.. bad, good]))));
        Assert.Null(Svix(new("msg-1", Text(at), string.Join("  ", [good, .. bad]))));
        Assert.Null(Svix(new("msg-1", Text(at), $"{good} {good}")));
    }

    [Fact]
    public void What_lacks_a_header_or_names_itself_at_length_is_not_looked_at()
    {
        var at = Now.ToUnixTimeSeconds();
        var (longest, longer) = (new string('x', 200), new string('x', 201));
        Assert.Null(Svix(new(longest, Text(at), Signature(longest, at))));
        Assert.Equal("missing", Svix(new(longer, Text(at), Signature(longer, at))));
        Assert.Equal("missing", Svix(new("", Text(at), Signature("", at))));
        Assert.Equal("missing", Svix(new(null, Text(at), Signature("", at))));
        Assert.Equal("missing", Svix(new("msg-1", null, Signature("msg-1", at))));
        Assert.Equal("missing", Svix(new("msg-1", "", Signature("msg-1", at))));
        Assert.Equal("missing", Svix(new("msg-1", Text(at), "")));
        Assert.Equal("missing", Svix(new("msg-1", Text(at), null)));
        Assert.Equal("malformed", Svix(new("msg-1", "x", Signature("msg-1", at))));
        Assert.Equal("from_the_future", Svix(new("msg-1", "9223372036854775807", Signature("msg-1", at))));
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_secret_of_Svix_has_24_to_64_bytes(int bytes, bool good) => Assert.Equal(good, SvixSignature.IsSecret(SecretOf(bytes)));

    [Fact]
    public void What_is_no_secret_of_Svix_signs_nothing()
    {
        string[] none = ["", SvixSecret[6..], "WHSEC_" + SvixSecret[6..], "whsec_" + new string('!', 44)];
        Assert.All(none, secret =>
        {
            Assert.False(SvixSignature.IsSecret(secret));
            var wrong = Assert.Throws<FormatException>(
                () => SvixSignature.Fault(new("msg-1", Text(Now.ToUnixTimeSeconds()), "v1,AA=="), [], secret, Now));
            Assert.Contains("whsec_", wrong.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("svix")]
    [InlineData("webhook")]
    public void Headers_are_read_by_the_names_of_Svix_or_of_the_standard_and_never_mixed(string prefix)
    {
        var sent = new Dictionary<string, string> { [$"{prefix}-id"] = "a", [$"{prefix}-timestamp"] = "1", [$"{prefix}-signature"] = "c" };
        Assert.Equal(new SvixHeaders("a", "1", "c"), SvixHeaders.From(sent.GetValueOrDefault));

        var mixed = new Dictionary<string, string> { ["svix-id"] = "a", ["webhook-timestamp"] = "1", ["webhook-signature"] = "c" };
        Assert.Equal(new SvixHeaders("a", null, null), SvixHeaders.From(mixed.GetValueOrDefault));
    }

    [Fact]
    public void PagerDuty_signs_the_body_alone_and_twice_while_its_secret_is_rotated()
    {
        var good = Convert.ToHexStringLower(HMACSHA256.HashData(Bytes(Secret), Bytes(Body)));
        var bad = new string('0', 64);
        Assert.Null(PagerDuty($"v1={good}"));
        Assert.Null(PagerDuty($"v1={bad}, v1={good}"));
        Assert.Null(PagerDuty($"v1={good},v1={bad}"));
        Assert.Equal("mismatch", PagerDuty($"v1={bad}"));
        Assert.Equal("mismatch", PagerDuty($"v1={good}", Body + " "));
        Assert.Equal("mismatch", PagerDuty($"v1={good[..^2]}"));
        Assert.Equal("malformed", PagerDuty($"v0={good}"));
        Assert.Equal("missing", PagerDuty(null));

        // Without a secret of ours nothing is good, not even what is signed with none.
        var unsigned = Convert.ToHexStringLower(HMACSHA256.HashData(Bytes(""), Bytes(Body)));
        Assert.Equal("not_configured", PagerDuty($"v1={unsigned}", secret: ""));
    }

    private static string? PagerDuty(string? header, string body = Body, string secret = Secret) =>
        PagerDutySignature.Fault(header, Bytes(body), secret);

    private static string? Mux(string? header, string body = Body) => MuxSignature.Fault(header, Bytes(body), Secret, Now);

    private static string? Svix(SvixHeaders headers, string body = Body) => SvixSignature.Fault(headers, Bytes(body), SvixSecret, Now);

    private static string Hex(long at, string body, string secret = Secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Bytes(secret), Bytes($"{at}.{body}")));

    private static string Signature(string id, long at) => "v1," + Convert.ToBase64String(
        HMACSHA256.HashData(Convert.FromBase64String(SvixSecret[6..]), Bytes($"{id}.{at}.{Body}")));

    private static string SecretOf(int bytes) => "whsec_" + Convert.ToBase64String([.. Enumerable.Repeat((byte)7, bytes)]);

    private static string Text(long at) => at.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
