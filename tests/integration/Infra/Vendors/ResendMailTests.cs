using Microsoft.Extensions.DependencyInjection;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors;
using Portal.Vendors.Resend;
using Resend;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>Our adapter over Resend's SDK: whatever the SDK makes of an answer comes out as one of four.</summary>
public sealed class ResendMailTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private TestDatabase database = null!;
    private LocalResend resend = null!;
    private ServiceProvider provider = null!;
    private ResendMail mail = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CloneAsync();
        resend = await LocalResend.StartAsync(new LocalResendOptions { Database = database.Admin, Clock = clock, RequestsPerSecond = 0 });
        mail = Over(resend.ApiUrl);
    }

    public async Task DisposeAsync()
    {
        await provider.DisposeAsync();
        await resend.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_mail_arrives_once_however_often_it_is_sent_under_its_key()
    {
        var letter = Letter();
        var first = await mail.SendAsync(letter, default);
        var again = await mail.SendAsync(letter, default);
        Assert.Null(first.Failure);
        Assert.Equal(first, again);
        var message = Assert.Single(await resend.InboxAsync());
        Assert.Equal(("Your film is ready", "<p>Ready</p>", "Ready"), (message.Subject, message.Html, message.Text));
        Assert.Equal("<https://portal.example/unsubscribe>", (string?)message.Message["headers"]!["List-Unsubscribe"]);
    }

    [Theory]
    [InlineData("Harbour", "Harbour")]
    [InlineData("Zoë & Söhne", "Zoë & Söhne")]
    [InlineData("Smith, Jones & Co", "\"Smith, Jones & Co\"")]
    [InlineData("The \"A\" Team", "\"The \\\"A\\\" Team\"")]
    [InlineData("back\\slash", "\"back\\\\slash\"")]
    [InlineData("Harbour\r\nBcc: all@evil.example <x@evil.example>", "\"HarbourBcc: all at evil.example x at evil.example\"")]
    public async Task A_name_is_quoted_where_it_must_be_and_forges_no_header_and_no_address(string name, string header)
    {
        Assert.Null((await mail.SendAsync(Letter() with { FromName = name }, default)).Failure);
        Assert.Equal($"{header} <no-reply@portal.example>", Assert.Single(await resend.InboxAsync()).From);
    }

    [Fact]
    public async Task A_subject_keeps_its_signs_on_one_line()
    {
        Assert.Null((await mail.SendAsync(Letter() with { Subject = "\"Cut\" <3>\r\nBcc: x@evil.example" }, default)).Failure);
        Assert.Equal("\"Cut\" <3>Bcc: x@evil.example", Assert.Single(await resend.InboxAsync()).Subject);
    }

    [Fact]
    public async Task An_answer_lost_after_the_mail_went_out_is_unknown_and_the_second_try_finds_it()
    {
        var letter = Letter();
        resend.Faults.FailNextAfterEffect(1, ApiFault.ConnectionAbort);
        Assert.IsType<VendorFailure.Unknown>((await mail.SendAsync(letter, default)).Failure);
        Assert.Null((await mail.SendAsync(letter, default)).Failure);
        Assert.Single(await resend.InboxAsync());
    }

    [Fact]
    public async Task Garbage_after_the_mail_was_accepted_is_unknown_and_no_refusal()
    {
        resend.Faults.FailNextAfterEffect(1, ApiFault.Garbage);
        Assert.IsType<VendorFailure.Unknown>((await mail.SendAsync(Letter(), default)).Failure);
    }

    [Theory]
    [InlineData(500, """{"statusCode":500,"name":"application_error","message":"boom"}""")]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(404, "<html>nobody here</html>")]
    [InlineData(422, "<html>a proxy's own words</html>")]
    [InlineData(404, """{"message":"a body that names no status"}""")]
    [InlineData(422, """{"statusCode":422,"name":"brand_new_error","message":"m"}""")]
    [InlineData(409, """{"statusCode":409,"name":"concurrent_idempotent_requests","message":"m"}""")]
    public async Task What_cannot_be_understood_is_unknown(int status, string body)
    {
        resend.Faults.FailNextApiCalls(1, ApiFault.Status(status, body));
        Assert.IsType<VendorFailure.Unknown>((await mail.SendAsync(Letter(), default)).Failure);
    }

    [Fact]
    public async Task A_refusal_names_the_kind_of_error_and_no_address()
    {
        resend.Faults.FailNextApiCalls(
            1, ApiFault.Status(
                403, """{"statusCode":403,"name":"invalid_from_address","message":"no-reply@portal.example is not verified"}"""));
        Assert.Equal(new VendorFailure.Refused(403, "InvalidFromAddress"), (await mail.SendAsync(Letter(), default)).Failure);
    }

    [Theory]
    [InlineData("rate_limit_exceeded", 7, 7)]
    [InlineData("rate_limit_exceeded", null, 1)]
    [InlineData("daily_quota_exceeded", 7, 3600)]
    [InlineData("monthly_quota_exceeded", 7, 3600)]
    public async Task Too_many_mails_is_a_pace(string name, int? retryAfter, int seconds)
    {
        resend.Faults.FailNextApiCalls(
            1, ApiFault.Status(429, $$"""{"statusCode":429,"name":"{{name}}","message":"m"}""", retryAfterSeconds: retryAfter));
        Assert.Equal(new VendorFailure.RateLimited(TimeSpan.FromSeconds(seconds)), (await mail.SendAsync(Letter(), default)).Failure);
    }

    [Fact]
    public async Task Nobody_there_and_silence_are_unknown()
    {
        await provider.DisposeAsync();
        resend.Faults.FailNextApiCalls(1, ApiFault.NeverAnswers);
        Assert.IsType<VendorFailure.Unknown>((await Over(resend.ApiUrl, 400).SendAsync(Letter(), default)).Failure);
        await provider.DisposeAsync();
        Assert.IsType<VendorFailure.Unknown>((await Over(new Uri("http://127.0.0.1:9")).SendAsync(Letter(), default)).Failure);
    }

    [Fact]
    public async Task A_cancelled_caller_is_cancelled() => await Assert.ThrowsAnyAsync<OperationCanceledException>(
        () => mail.SendAsync(Letter(), new CancellationToken(canceled: true)));

    private static Mail Letter() => new(
        Guid.NewGuid(), "no-reply@portal.example", "Harbour Films", "guest@client.example", "Your film is ready", "<p>Ready</p>", "Ready",
        new Dictionary<string, string> { ["List-Unsubscribe"] = "<https://portal.example/unsubscribe>" });

    private ResendMail Over(Uri address, int milliseconds = 20_000)
    {
        var services = new ServiceCollection();
        services.AddResend(options => (options.ApiUrl, options.ApiToken) = (address.ToString(), "re_local_key"))
            .ConfigureHttpClient(http => http.Timeout = TimeSpan.FromMilliseconds(milliseconds));
        provider = services.BuildServiceProvider();
        return new ResendMail(provider.CreateScope().ServiceProvider.GetRequiredService<IResend>(), Circuits.Make());
    }
}
