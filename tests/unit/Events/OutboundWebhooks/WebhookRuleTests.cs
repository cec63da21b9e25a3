using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Events.OutboundWebhooks;

/// <summary>Secrets, signatures, payloads, the schedule, who gets what.</summary>
public sealed partial class WebhookRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid Endpoint = new("0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47");

    private static readonly EndpointSecrets Secrets = new(Options.Create(new OutboundWebhookOptions
    {
        Keys = new() { ["w1"] = Key(1), ["w2"] = Key(2) },
        CurrentKey = "w2",
    }));

    [Fact]
    public void A_secret_is_of_one_endpoint_generation_and_key()
    {
        var secret = Secrets.Make(Endpoint, 1, "w1")!;

        byte[] message = [.. "webhook endpoint"u8, .. Endpoint.ToByteArray(bigEndian: true), 0, 0, 0, 1];
        Assert.Equal($"whsec_{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key(1)), message))}", secret);
        Assert.Equal(secret, Secrets.Make(Endpoint, 1, "w1"));
        Assert.Equal(
            5, new[]
            {
                secret, Secrets.Make(Endpoint, 2, "w1"), Secrets.Make(Endpoint, 1, "w2"), Secrets.Make(Guid.NewGuid(), 1, "w1"),
                Secrets.Make(Endpoint, 256, "w1"),
            }.Distinct().Count());
        Assert.Null(Secrets.Make(Endpoint, 1, "w3"));
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void The_secret_before_signs_until_its_time_is_over(int secondsAfter, int signing)
    {
        var endpoint = Rotated(Now) with { PreviousKid = "w1" };
        var good = Secrets.Of(endpoint, Now + TimeSpan.FromSeconds(secondsAfter));

        Assert.Equal(
            new[] { Secrets.Make(Endpoint, 2, "w2"), Secrets.Make(Endpoint, 1, "w1") }.Take(signing), good);
    }

    [Fact]
    public void An_endpoint_whose_key_is_gone_has_no_secret() =>
        Assert.Empty(Secrets.Of(Rotated(Now) with { SecretKid = "w3", PreviousKid = "w3" }, Now.AddDays(-1)));

    [Theory]
    [InlineData("""{"type":"a"}""")]
    [InlineData("""{"type":"a","name":"Grün 🎬"}""")]
    public void A_signature_is_HMAC_SHA256_of_id_time_and_body_for_each_secret(string body)
    {
        var (one, two) = (Secrets.Make(Endpoint, 1, "w1")!, Secrets.Make(Endpoint, 2, "w2")!);
        var headers = WebhookSigning.Headers("event-1", Now, body, [two, one]).ToDictionary(h => h.Name, h => h.Value);

        Assert.Equal(("event-1", "1772442000"), (headers["webhook-id"], headers["webhook-timestamp"]));
        Assert.Equal(
            $"v1,{Hmac(two, $"event-1.1772442000.{body}")} v1,{Hmac(one, $"event-1.1772442000.{body}")}", headers["webhook-signature"]);
    }

    /// <summary>The same file is verified by the standard's own library for Node, in <c>tests/check-client</c>.</summary>
    [Fact]
    public void It_is_the_one_that_the_standards_own_library_takes()
    {
        var signed = JsonNode.Parse(Sources.Read("tests/client/webhook.json"))!;
        var at = DateTimeOffset.FromUnixTimeSeconds((long)signed["timestamp"]!);
        var secrets = signed["secrets"]!.AsArray().Select(secret => secret!.ToString());
        var headers = WebhookSigning.Headers(signed["id"]!.ToString(), at, signed["body"]!.ToString(), secrets);
        Assert.Equal(signed["signature"]!.ToString(), headers.Single(header => header.Name == "webhook-signature").Value);
    }

    [Fact]
    public void A_payload_is_the_event_without_hashes_of_people()
    {
        var e = Event("invite_created", """{"status":"pending","emailHash":"aa","projectIds":["x"],"guests":["bb"],"recipient":"guest:cc","role":null}""");
        var json = JsonNode.Parse(WebhookPayload.Of(e))!;

        Assert.Equal(["type", "timestamp", "data"], json.AsObject().Select(field => field.Key));
        Assert.Equal(("invite_created", "2026-03-02T09:00:00.0000000Z"), (json["type"]!.ToString(), json["timestamp"]!.ToString()));
        Assert.Equal(
            $$$"""{"id":"{{{e.EventId}}}","subject":{"type":"invite","id":"{{{e.AggregateId}}}"},"projectId":null,"actorId":null,"details":{"status":"pending","projectIds":["x"],"role":null}}""",
            json["data"]!.ToJsonString());
        Assert.Equal(WebhookPayload.Of(e), WebhookPayload.Of(e));
    }

    [Fact]
    public void No_field_of_the_catalogue_that_stands_for_an_address_is_sent()
    {
        var fields = EventType.All.SelectMany(type => type.Payload).Select(field => field.TrimEnd('?')).Distinct().ToList();
        var sent = JsonNode.Parse(WebhookPayload.Of(
            Event("a", new JsonObject(fields.Select(field => KeyValuePair.Create(field, (JsonNode?)"x"))).ToJsonString())))!["data"]!["details"]!;

        Assert.Equal(
            ["emailHash", "guests", "logoUrlHash", "nameHash", "recipient", "residencyContactHash", "senderNameHash"],
            fields.Except(sent.AsObject().Select(field => field.Key)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("project_created", true, "project_created", true)]
    [InlineData("project_created", true, "task_created", false)]
    [InlineData("project_created", false, "project_created", false)]
    [InlineData("", true, "task_created", true)]
    [InlineData("", true, "notifications_added", false)]
    [InlineData("", true, "incident_opened", false)]
    [InlineData("", true, "webhook_endpoint_disabled", false)]
    [InlineData("", true, "unknown_by_now", false)]
    public void An_endpoint_gets_what_it_asked_for_and_of_all_what_is_offered(string asked, bool takes, string type, bool gets) =>
        Assert.Equal(
            gets, new EndpointSubscription(Endpoint, asked.Split(' ', StringSplitOptions.RemoveEmptyEntries), takes)
                .Wants(Event(type, "{}")));

    [Fact]
    public void A_test_goes_to_the_endpoint_that_is_tested_on_or_off()
    {
        var test = Event("webhook_endpoint_tested", "{}");
        Assert.True(new EndpointSubscription(test.AggregateId, ["task_created"], false).Wants(test));
        Assert.False(new EndpointSubscription(Guid.NewGuid(), [], true).Wants(test));
        Assert.DoesNotContain("webhook_endpoint_tested", OfferedEvents.All);
    }

    [Fact]
    public void Eight_attempts_take_a_day()
    {
        Assert.Equal(8, WebhookSchedule.MaxAttempts);
        var all = WebhookSchedule.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait);
        Assert.InRange(all, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
        Assert.NotNull(WebhookSchedule.WaitAfter(7, null));
        Assert.Null(WebhookSchedule.WaitAfter(8, null));
        Assert.Null(WebhookSchedule.WaitAfter(9, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(1, null, "00:00:30")]
    [InlineData(1, "00:00:29", "00:00:30")]
    [InlineData(1, "00:00:31", "00:00:31")]
    [InlineData(1, "10:00:00", "10:00:00")]
    [InlineData(1, "10:00:01", "10:00:00")]
    [InlineData(1, "9.00:00:00", "10:00:00")]
    [InlineData(2, "-00:00:10", "00:05:00")]
    public void It_is_left_alone_as_long_as_it_asks_within_reason(int attempts, string? asked, string wait) => Assert.Equal(
        TimeSpan.Parse(wait, CultureInfo.InvariantCulture),
        WebhookSchedule.WaitAfter(attempts, asked is null ? null : TimeSpan.Parse(asked, CultureInfo.InvariantCulture)));

    [Fact]
    public void The_table_of_the_document_is_the_schedule()
    {
        var rows = Row().Matches(Sources.Read("docs/flows/webhooks-out.md"))
            .Select(row => (Failed: int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture), Wait: Span(row.Groups[2].Value)));

        Assert.Equal(WebhookSchedule.Waits.Select((wait, index) => (index + 1, wait)), rows);
    }

    [Fact]
    public void A_log_holds_no_secret_no_signature_and_no_query()
    {
        var (secret, signature) = (Secrets.Make(Endpoint, 1, "w1")!, "v1,aGVsbG8gd29ybGQ= v1,d29ybGQgaGVsbG8=");
        var said = $"got {signature}; key {secret}; raw {secret[6..]}; sig d29ybGQgaGVsbG8=\0 {new string('z', 2000)}";
        var sent = LoggedResponse.Of(
            "https://hooks.example.com:8443/a/b?token=hush", new(200, null, "text/plain", said, null, 12), [secret, signature], false);

        Assert.Equal("https://hooks.example.com:8443/a/b", sent.Url);
        Assert.StartsWith("got (hidden) (hidden); key (hidden); raw (hidden); sig (hidden)\uFFFD zz", sent.ResponseBody, StringComparison.Ordinal);
        Assert.Equal(1000, sent.ResponseBody.Length);
    }

    [Fact]
    public void A_log_cuts_no_letter_in_half() => Assert.Equal(
        999, LoggedResponse.Of("https://a.example/", new(200, null, null, new string('z', 999) + "🎬", null, 1), [], false)
            .ResponseBody.Length);

    [Fact]
    public async Task Four_go_to_an_endpoint_at_once_and_the_fifth_waits()
    {
        var slots = new EndpointSlots();
        Task<IDisposable?> TakeAsync(Guid endpoint, TimeSpan wait = default) => slots.TakeAsync(endpoint, wait, default);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TakeAsync(Endpoint)));

        Assert.All(taken, Assert.NotNull);
        Assert.Null(await TakeAsync(Endpoint));
        Assert.NotNull(await TakeAsync(Guid.NewGuid()));
        var fifth = TakeAsync(Endpoint, TimeSpan.FromMinutes(1));
        Assert.False(fifth.IsCompleted);
        taken[0]!.Dispose();
        taken[0]!.Dispose();
        Assert.NotNull(await fifth);
        Assert.Null(await TakeAsync(Endpoint));
    }

    [Fact]
    public async Task Four_more_wait_for_a_slow_endpoint_and_the_ninth_comes_back_later()
    {
        var slots = new EndpointSlots();
        Task<IDisposable?> TakeAsync() => slots.TakeAsync(Endpoint, TimeSpan.FromMinutes(1), default);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TakeAsync()));
        var waiting = Enumerable.Range(0, 4).Select(_ => TakeAsync()).ToList();

        var ninth = TakeAsync();
        Assert.True(ninth.IsCompleted);
        Assert.Null(await ninth);
        Assert.DoesNotContain(waiting, one => one.IsCompleted);
        taken[0]!.Dispose();
        Assert.NotNull(await await Task.WhenAny(waiting));
        Assert.False(TakeAsync().IsCompleted);
    }

    [Fact]
    public async Task Who_gives_up_waiting_or_is_done_leaves_its_place_to_others()
    {
        var slots = new EndpointSlots();
        Task<IDisposable?> TakeAsync(TimeSpan wait, CancellationToken ct = default) => slots.TakeAsync(Endpoint, wait, ct);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TakeAsync(TimeSpan.Zero)));
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(await TakeAsync(TimeSpan.Zero));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TakeAsync(TimeSpan.FromMinutes(1), new(canceled: true)));
        }

        var waiting = TakeAsync(TimeSpan.FromMinutes(1));
        Assert.False(waiting.IsCompleted);
        Array.ForEach(taken, one => one!.Dispose());
        (await waiting)!.Dispose();
        Assert.NotNull(await TakeAsync(TimeSpan.Zero));
    }

    [Fact]
    public void A_part_of_a_secret_that_is_empty_hides_nothing() => Assert.Equal(
        "a b", LoggedResponse.Of("https://a.example/", new(200, null, null, "a b", null, 1), ["v1, ", ""], false).ResponseBody);

    private static PortalEvent Event(string type, string payload) =>
        new(1, Guid.NewGuid(), new TenantId(Guid.NewGuid()), "invite", Guid.NewGuid(), type, payload, null, Now);

    private static OutboundEndpoint Rotated(DateTimeOffset until) => new(
        Endpoint, "https://hooks.example.com/", "", [], true, null, null, null, null, "w2", 2, Now.AddDays(-1), "w1", until,
        Guid.NewGuid(), null, Now, Now, 1);

    private static string Key(byte of) => Convert.ToBase64String(Enumerable.Repeat(of, 32).ToArray());

    /// <summary>As the standard says it, without a library.</summary>
    private static string Hmac(string secret, string text) => Convert.ToBase64String(
        HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes(text)));

    private static TimeSpan Span(string text) => text.Split(' ') switch
    {
        [var number, "s"] => TimeSpan.FromSeconds(int.Parse(number, CultureInfo.InvariantCulture)),
        [var number, "min"] => TimeSpan.FromMinutes(int.Parse(number, CultureInfo.InvariantCulture)),
        [var number, "h"] => TimeSpan.FromHours(int.Parse(number, CultureInfo.InvariantCulture)),
        _ => throw new FormatException(text),
    };

    [GeneratedRegex(@"^\| (\d+) \| (\d+ \w+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
