using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portal.Tests.Support;
using Portal.Vendors;
using Portal.Vendors.Resend;
using Resend;
using static Portal.Tests.Unit.Infra.Packages.LoopbackServer;

namespace Portal.Tests.Unit.Infra.Packages;

/// <summary>What the adapter around Resend relies on, and guards against. True of the stand-in and of the real SDK alike.</summary>
public sealed class ResendSdkBehaviourTests
{
    private const string Id = "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794";
    private const string Accepted = $$"""{"id":"{{Id}}"}""";

    private const string Limited = """{"statusCode":429,"name":"rate_limit_exceeded","message":"slow down"}""";

    private static readonly EmailMessage Smallest = new()
    {
        From = new EmailAddress { Email = "a@b.c" },
        To = new EmailAddress { Email = "d@e.f" },
        Subject = "s",
        TextBody = "t",
    };

    [Fact]
    public async Task Error_is_read_from_the_body_not_from_the_status()
    {
        await using var server = new LoopbackServer(Answer(404, Limited));

        var exception = await FailAsync(server);

        Assert.Equal(HttpStatusCode.TooManyRequests, exception.StatusCode);
        Assert.Equal(ErrorType.RateLimitExceeded, exception.ErrorType);
        Assert.Equal("slow down", exception.Message);
    }

    [Fact]
    public async Task Error_body_without_status_and_name_says_zero_and_validation_error()
    {
        await using var server = new LoopbackServer(Answer(404, """{"message":"nope"}"""));

        var exception = await FailAsync(server);

        Assert.Equal((HttpStatusCode)0, exception.StatusCode);
        Assert.Equal(ErrorType.ValidationError, exception.ErrorType);
    }

    [Theory]
    [InlineData(422, """{"statusCode":422,"name":"brand_new_error","message":"m"}""")]
    [InlineData(502, "<html>bad</html>")]
    public async Task Error_body_that_cannot_be_read_is_deserialization_with_the_http_status(int status, string body)
    {
        await using var server = new LoopbackServer(Answer(status, body));

        var exception = await FailAsync(server);

        Assert.Equal((HttpStatusCode)status, exception.StatusCode);
        Assert.Equal(ErrorType.Deserialization, exception.ErrorType);
        Assert.False(exception.IsTransient);
    }

    [Theory]
    [InlineData("rate_limit_exceeded", true)]
    [InlineData("monthly_quota_exceeded", true)]
    [InlineData("daily_quota_exceeded", true)]
    [InlineData("internal_server_error", false)]
    [InlineData("application_error", false)]
    [InlineData("concurrent_idempotent_requests", false)]
    [InlineData("invalid_idempotent_request", false)]
    public async Task Only_limits_count_as_transient(string name, bool transient)
    {
        await using var server = new LoopbackServer(Answer(500, $$"""{"statusCode":500,"name":"{{name}}","message":"m"}"""));

        Assert.Equal(transient, (await FailAsync(server)).IsTransient);
    }

    [Fact]
    public async Task Retry_after_in_seconds_is_among_the_limits()
    {
        await using var server = new LoopbackServer(Answer(429, Limited, "application/json", "ratelimit-reset: 2", "Retry-After: 7"));

        var exception = await FailAsync(server);

        Assert.Equal(7, exception.Limits!.RetryAfter);
        Assert.Equal(2, exception.Limits.Reset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Retry_after_as_a_date_escapes_as_a_format_exception(bool throws)
    {
        await using var server = new LoopbackServer(
            Answer(429, Limited, "application/json", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"));
        await using var services = Services(server.Address, throws);
        await using var scope = services.CreateAsyncScope();

        await Assert.ThrowsAsync<FormatException>(
            () => scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest));
    }

    [Fact]
    public async Task Our_adapter_takes_such_a_date_for_an_unknown_outcome()
    {
        await using var server = new LoopbackServer(
            Answer(429, Limited, "application/json", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"));
        await using var services = Services(server.Address);
        await using var scope = services.CreateAsyncScope();
        var mail = new ResendMail(scope.ServiceProvider.GetRequiredService<IResend>(), Circuits.Make());

        var letter = new Mail(
            Guid.NewGuid(), "a@b.example", "A", "c@d.example", "Hi", "<p>hi</p>", "hi", new Dictionary<string, string>());
        Assert.IsType<VendorFailure.Unknown>((await mail.SendAsync(letter, default)).Failure);
    }

    [Fact]
    public async Task Accepted_mail_with_an_unreadable_answer_is_an_error_of_422()
    {
        await using var server = new LoopbackServer(Answer(200, "{"));

        var exception = await FailAsync(server);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, exception.StatusCode);
        Assert.Equal(ErrorType.Deserialization, exception.ErrorType);
    }

    [Fact]
    public async Task Refused_connection_is_a_transient_send_failure_without_status_or_limits()
    {
        await using var services = Services(Refusing());
        await using var scope = services.CreateAsyncScope();

        var exception = await Assert.ThrowsAsync<ResendException>(
            () => scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest));

        Assert.Null(exception.StatusCode);
        Assert.Null(exception.Limits);
        Assert.Equal(ErrorType.HttpSendFailed, exception.ErrorType);
        Assert.True(exception.IsTransient);
    }

    [Fact]
    public async Task Without_exceptions_a_failed_send_has_an_empty_id()
    {
        await using var server = new LoopbackServer(
            Answer(409, """{"statusCode":409,"name":"concurrent_idempotent_requests","message":"m"}"""));
        await using var services = Services(server.Address, throws: false);
        await using var scope = services.CreateAsyncScope();

        var response = await scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest);

        Assert.Equal(Guid.Empty, response.Content);
        Assert.Equal(ErrorType.ConcurrentIdempotentRequests, response.Exception!.ErrorType);
    }

    [Fact]
    public async Task Clients_timeout_is_a_cancellation_with_a_timeout_inside()
    {
        await using var server = new LoopbackServer((string?)null);
        await using var services = Services(server.Address, timeout: TimeSpan.FromMilliseconds(200));
        await using var scope = services.CreateAsyncScope();

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(
            () => scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest));

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task Send_is_chunked_and_escaped_and_says_who_sends()
    {
        await using var server = new LoopbackServer(Answer(200, Accepted));
        await using var services = Services(server.Address);
        await using var scope = services.CreateAsyncScope();
        var message = new EmailMessage
        {
            From = new EmailAddress { Email = "no-reply@portal.example", DisplayName = "Zoë \"q\"" },
            To = new EmailAddress { Email = "a@b.example" },
            Subject = "Ready",
            HtmlBody = "<p>hi</p>",
            Headers = new() { ["X-Entity-Ref-ID"] = "job-42" },
        };

        var response = await scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("upload-ready/job-42", message);

        var request = server.Requests[0];
        Assert.Equal(Guid.Parse(Id), response.Content);
        Assert.StartsWith("POST /emails HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("Idempotency-Key: upload-ready/job-42\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer re_test\r\n", request, StringComparison.Ordinal);
        Assert.Contains("User-Agent: resend-sdk/0.11.0.0 dotnet/", request, StringComparison.Ordinal);
        Assert.Contains("Transfer-Encoding: chunked\r\n", request, StringComparison.Ordinal);
        Assert.Contains(
            """
            {"from":"Zo\u00EB \u0022q\u0022 \u003Cno-reply@portal.example\u003E","to":["a@b.example"],"subject":"Ready","html":"\u003Cp\u003Ehi\u003C/p\u003E","headers":{"X-Entity-Ref-ID":"job-42"}}
            """,
            request,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_line_in_a_key_throws_before_there_is_a_task()
    {
        await using var services = Services(Refusing());
        await using var scope = services.CreateAsyncScope();
        var resend = scope.ServiceProvider.GetRequiredService<IResend>();

        Assert.Throws<FormatException>(() => { _ = resend.EmailSendAsync("a\nb", Smallest); });
    }

    [Fact]
    public async Task Path_in_the_api_address_is_lost()
    {
        await using var server = new LoopbackServer(Answer(200, Accepted));
        await using var services = Services(server.Address + "/prefix/");
        await using var scope = services.CreateAsyncScope();

        await scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest);

        Assert.StartsWith("POST /emails HTTP/1.1", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_cannot_be_had_outside_a_scope()
    {
        await using var services = Services(Refusing());

        Assert.Throws<InvalidOperationException>(services.GetRequiredService<IResend>);
    }

    private static async Task<ResendException> FailAsync(LoopbackServer server)
    {
        await using var services = Services(server.Address);
        await using var scope = services.CreateAsyncScope();
        return await Assert.ThrowsAsync<ResendException>(
            () => scope.ServiceProvider.GetRequiredService<IResend>().EmailSendAsync("key", Smallest));
    }

    private static ServiceProvider Services(string address, bool throws = true, TimeSpan? timeout = null)
    {
        var services = new ServiceCollection();
        services
            .AddResend(options => (options.ApiUrl, options.ApiToken, options.ThrowExceptions) = (address, "re_test", throws))
            .ConfigureHttpClient(client => client.Timeout = timeout ?? client.Timeout);
        return services.BuildServiceProvider(validateScopes: true);
    }
}
