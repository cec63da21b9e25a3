using Microsoft.Extensions.Options;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Faults;

namespace Portal.Tests.Unit.Events.OutboundWebhooks;

public sealed class EndpointUrlTests
{
    private static readonly EndpointUrls Urls = new(Options.Create(new OutboundWebhookOptions()));
    private static readonly EndpointUrls Local = new(Options.Create(new OutboundWebhookOptions { AllowLoopback = true }));

    [Theory]
    [InlineData("https://hooks.example.com/portal", "https://hooks.example.com/portal")]
    [InlineData("HTTPS://Hooks.Example.com:443/a?key=b", "https://hooks.example.com/a?key=b")]
    [InlineData("https://hooks.example.com:1024/", "https://hooks.example.com:1024/")]
    [InlineData("https://hooks.example.com:65535/", "https://hooks.example.com:65535/")]
    [InlineData("https://8.8.8.8/", "https://8.8.8.8/")]
    [InlineData("https://bücher.example/", "https://bücher.example/")]
    public void An_address_of_the_internet_is_kept_as_it_is_sent(string text, string kept) =>
        Assert.Equal((kept, null), Deconstructed(Urls.Check(text)));

    [Theory]
    [InlineData("hooks.example.com/portal", "absolute")]
    [InlineData("/portal", "absolute")]
    [InlineData("https:///portal", "absolute")]
    [InlineData("http://hooks.example.com/", "https")]
    [InlineData("ftp://hooks.example.com/", "https")]
    [InlineData("file:///etc/passwd", "absolute")]
    [InlineData("gopher://hooks.example.com/", "https")]
    [InlineData("http://127.0.0.1/", "https")]
    [InlineData("https://kim:secret@hooks.example.com/", "password")]
    [InlineData("https://hooks.example.com@127.0.0.1/", "password")]
    [InlineData("https://@hooks.example.com/", "password")]
    [InlineData("https://hooks.example.com/#part", "fragment")]
    [InlineData("https://hooks.example.com:1023/", "port")]
    [InlineData("https://hooks.example.com:80/", "port")]
    [InlineData("https://hooks.example.com:25/", "port")]
    [InlineData("https://hooks.example.com:65536/", "absolute")]
    [InlineData("https://127.0.0.1/", "public")]
    [InlineData("https://127.1/", "public")]
    [InlineData("https://0/", "public")]
    [InlineData("https://2130706433/", "public")]
    [InlineData("https://0x7f000001/", "public")]
    [InlineData("https://0177.0.0.1/", "public")]
    [InlineData("https://①②⑦.0.0.1/", "public")]
    [InlineData("https://127。0。0。1/", "public")]
    [InlineData("https://[::1]/", "public")]
    [InlineData("https://[::ffff:10.0.0.1]/", "public")]
    [InlineData("https://[fd00:ec2::254]/", "public")]
    [InlineData("https://169.254.169.254/latest/meta-data", "public")]
    [InlineData("https://168.63.129.16/", "public")]
    [InlineData("https://localhost/", "public")]
    [InlineData("https://localhost./", "public")]
    [InlineData("https://db/", "public")]
    [InlineData("https://db.internal/", "public")]
    [InlineData("https://DB.INTERNAL./", "public")]
    [InlineData("https://printer.local/", "public")]
    [InlineData("https://wiki.intranet/", "public")]
    [InlineData("https://nas.lan/", "public")]
    [InlineData("https://nas.home/", "public")]
    [InlineData("https://wiki.corp/", "public")]
    [InlineData("https://wiki.private/", "public")]
    [InlineData("https://nas.home.arpa/", "public")]
    [InlineData("https://app.localhost/", "public")]
    [InlineData("https://a\u0378.example/", "public")]
    public void What_is_no_address_of_the_internet_is_refused(string text, string rule)
    {
        var (kept, why) = Deconstructed(Urls.Check(text));

        Assert.Null(kept);
        Assert.Equal(("url", "url"), (why!.Field, why.Rule));
        Assert.Contains(rule, why.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(501, false)]
    public void It_has_500_characters_at_the_most(int length, bool good) =>
        Assert.Equal(good, Deconstructed(Urls.Check("https://hooks.example.com/".PadRight(length, 'a'))).Why is null);

    [Fact]
    public void What_is_escaped_counts_as_it_is_sent() =>
        Assert.NotNull(Deconstructed(Urls.Check("https://hooks.example.com/" + new string('ü', 100))).Why);

    [Theory]
    [InlineData("http://127.0.0.1:7671/hooks/a", true)]
    [InlineData("http://localhost:7671/hooks/a", true)]
    [InlineData("http://[::1]:7671/hooks/a", true)]
    [InlineData("http://kim:secret@127.0.0.1:7671/", false)]
    [InlineData("http://10.0.0.1:7671/", false)]
    [InlineData("http://hooks.example.com/", false)]
    [InlineData("http://169.254.169.254/", false)]
    public void Plain_HTTP_is_for_this_machine_where_the_setting_allows_it(string text, bool good)
    {
        Assert.Equal(good, Deconstructed(Local.Check(text)).Why is null);
        Assert.NotNull(Deconstructed(Urls.Check(text)).Why);
    }

    private static (string? Url, Refusal.InvalidField? Why) Deconstructed(Result<string> result) =>
        result.Match<(string?, Refusal.InvalidField?)>(url => (url, null), why => (null, Assert.IsType<Refusal.InvalidField>(why)));
}
