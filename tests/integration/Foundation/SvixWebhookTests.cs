using System.Globalization;
using System.Text;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Which webhooks of Clerk and Resend are believed. Only good signatures change anything; each refused one is counted and
/// alerts.</summary>
public sealed class SvixWebhookTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Unused = """{"data":{"id":"x"},"object":"event","type":"something.new"}""";

    public static TheoryData<string, string, int> BadOnes
    {
        get
        {
            (string, int)[] faults =
            [
                ("wrong secret", 401), ("altered body", 401), ("another id", 401), ("301 s old", 401), ("301 s ahead", 401),
                ("no headers", 401), ("no id", 401),
                ("no signature", 401), ("empty v1", 401), ("truncated v1", 401), ("only v2", 401), (
                    "timestamp not a number", 401), ("timestamp huge", 401),
                (
                    "the other vendor's secret", 401), ("a list", 400), ("no json", 400), ("no type", 400), ("no data", 400),
                    ("id too long", 401), ("over the cap", 413),
            ];
            var data = new TheoryData<string, string, int>();
            foreach (var (fault, code) in faults)
            {
                data.Add("clerk", fault, code);
                data.Add("resend", fault, code);
            }

            return data;
        }
    }

    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("clerk")]
    [InlineData("resend")]
    public async Task A_good_signature_is_stored_once_and_answered_200(string provider)
    {
        (await portal.SendSvixAsync(provider, $"msg-{provider}", Unused)).Expect(200);
        (await portal.SendSvixAsync(provider, $"msg-{provider}", Unused)).Expect(200);
        Assert.Equal("processed not_used", await portal.WebhookAsync($"msg-{provider}"));
        Assert.Equal(0, await RefusedAsync());
    }

    [Fact]
    public async Task The_same_id_of_two_vendors_is_two_events()
    {
        (await portal.SendSvixAsync("clerk", "msg-same", Unused)).Expect(200);
        (await portal.SendSvixAsync("resend", "msg-same", Unused)).Expect(200);
        Assert.Equal(2, await portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox where event_id = 'msg-same'"));
    }

    [Fact]
    public async Task One_good_signature_among_several_is_enough()
    {
        var headers = Headers("clerk", "msg-rotated", 0).Select(h => h.Name == "svix-signature"
            ? (h.Name, $"v1a,abc v1,{Convert.ToBase64String(new byte[32])} {h.Value} v2,{h.Value[3..]}") : h);
        (await portal.PostSvixAsync("clerk", headers, Unused)).Expect(200);
        Assert.Equal("processed not_used", await portal.WebhookAsync("msg-rotated"));
    }

    [Theory]
    [InlineData("clerk")]
    [InlineData("resend")]
    public async Task The_names_of_Standard_Webhooks_are_as_good_as_those_of_Svix(string provider)
    {
        var headers = Headers(provider, "msg-standard", 0).Select(
            h => (h.Name.Replace("svix-", "webhook-", StringComparison.Ordinal), h.Value));
        (await portal.PostSvixAsync(provider, headers, Unused)).Expect(200);
        Assert.Equal("processed not_used", await portal.WebhookAsync("msg-standard"));

        var mixed = Headers(provider, "msg-mixed", 0).Select(
            h => h.Name == "svix-id" ? h : (h.Name.Replace("svix-", "webhook-", StringComparison.Ordinal), h.Value));
        (await portal.PostSvixAsync(provider, mixed, Unused)).Expect(401);
    }

    [Theory]
    [InlineData(-300)]
    [InlineData(300)]
    public async Task The_edge_of_the_tolerance_is_inside(int shift) =>
        (await portal.PostSvixAsync("resend", Headers("resend", $"msg-edge{shift}", shift), Unused)).Expect(200);

    [Theory]
    [MemberData(nameof(BadOnes))]
    public async Task A_bad_one_changes_nothing_is_counted_and_alerts(string provider, string fault, int code)
    {
        var body = fault switch
        {
            "a list" => "[1, 2]",
            "no json" => "hello",
            "no type" => """{"data":{}}""",
            "no data" => """{"type":"user.updated"}""",
            "over the cap" => $$"""{"data":{"pad":"{{new string('x', 1024 * 1024)}}"},"type":"user.updated"}""",
            _ => Unused,
        };
        var id = $"msg-bad-{Guid.NewGuid():N}";
        var headers = Spoil(fault, provider, id, body);
        (await portal.PostSvixAsync(provider, headers, body)).Expect(code);
        (await portal.PostSvixAsync(provider, headers, body)).Expect(code);
        Assert.Equal(2, await portal.ScalarAsync<long>("select sum(hits) from portal.rate_windows where key like 'failed:webhook:%'"));
        Assert.Equal(1, await RefusedAsync());
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.webhook_inbox where event_id like @id || '%'", new { id }));
    }

    [Fact]
    public async Task On_call_hears_of_refused_ones_once_a_minute()
    {
        for (var minute = 1; minute <= 3; minute++)
        {
            (await portal.PostSvixAsync("clerk", [], Unused)).Expect(401);
            (await portal.PostSvixAsync("clerk", [], Unused)).Expect(401);
            Assert.Equal(minute, await RefusedAsync());
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private List<(string Name, string Value)> Spoil(string fault, string provider, string id, string body)
    {
        var good = Headers(
            provider, fault == "id too long"
                ? $"{id}{new string('x', 200)}"
                : id, fault switch { "301 s old" => -301, "301 s ahead" => 301, _ => 0 }, body);
        return fault switch
        {
            "wrong secret" => Headers(provider, id, 0, body, "whsec_YW5vdGhlci1zZWNyZXQtdGhhdC1pcy1sb25nISE="),
            "the other vendor's secret" => Headers(provider, id, 0, body, portal.Secret(provider == "clerk" ? "resend" : "clerk")),
            "altered body" => Headers(provider, id, 0, body + " "),
            "another id" => With("svix-id", _ => $"{id}-other"),
            "no headers" => [],
            "no id" => [.. good.Where(h => h.Name != "svix-id")],
            "no signature" => [.. good.Where(h => h.Name != "svix-signature")],
            "empty v1" => With("svix-signature", _ => "v1,"),
            "truncated v1" => With("svix-signature", v => v[..^4]),
            "only v2" => With("svix-signature", v => "v2" + v[2..]),
            "timestamp not a number" => With("svix-timestamp", v => $"x{v}"),
            "timestamp huge" => With("svix-timestamp", v => $"999999999{v}"),
            _ => good,
        };

        List<(string Name, string Value)> With(string name, Func<string, string> change) =>
            [.. good.Select(h => h.Name == name ? (name, change(h.Value)) : h)];
    }

    private List<(string Name, string Value)> Headers(
        string provider, string id, int shift, string body = Unused, string? secret = null) =>
        [
            .. SvixSigner.Headers(
                secret ?? portal.Secret(provider), id, portal.Clock.GetUtcNow().AddSeconds(shift), Encoding.UTF8.GetBytes(body))
        ];

    private async Task<long> RefusedAsync() => long.Parse(
        await portal.ScalarAsync<string>(
            "select coalesce(sum(times), 0)::text from portal.alerts where kind = 'webhook_refused'"), CultureInfo.InvariantCulture);
}
