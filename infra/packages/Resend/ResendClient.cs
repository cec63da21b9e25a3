using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Resend;

public interface IResend
{
    Task<ResendResponse<Guid>> EmailSendAsync(EmailMessage email, CancellationToken cancellationToken = default);

    Task<ResendResponse<Guid>> EmailSendAsync(
        string idempotencyKey, EmailMessage email, CancellationToken cancellationToken = default);

    Task<ResendResponse<EmailReceipt>> EmailRetrieveAsync(Guid emailId, CancellationToken cancellationToken = default);

    Task<ResendResponse<List<Guid>>> EmailBatchAsync(IEnumerable<EmailMessage> emails, CancellationToken cancellationToken = default);

    Task<ResendResponse<List<Guid>>> EmailBatchAsync(
        string idempotencyKey, IEnumerable<EmailMessage> emails, CancellationToken cancellationToken = default);
}

public class ResendClientOptions
{
    public ResendClientOptions()
    {
    }

    /// <summary>A path in it is lost: every request's own path starts at the root.</summary>
    public string ApiUrl { get; set; } = "https://api.resend.com";

    public string ApiToken { get; set; } = default!;

    public bool ThrowExceptions { get; set; } = true;
}

public static class ResendDiExtensions
{
    public static IHttpClientBuilder AddResend(this IServiceCollection services, string apiToken) =>
        services.AddResend(options => options.ApiToken = apiToken);

    public static IHttpClientBuilder AddResend(this IServiceCollection services, Action<ResendClientOptions> configureOptions)
    {
        services.Configure(configureOptions);
        return services.AddHttpClient<IResend, ResendClient>();
    }
}

/// <summary>
/// Behaves as the real client: an error's status and type are read from the body, so a body without them says status 0 and
/// ValidationError; a body it cannot read is Deserialization; and a rate limit header that is not a whole number, such as
/// Retry-After as a date, escapes as a bare FormatException.
/// </summary>
public class ResendClient : IResend
{
    private readonly HttpClient http;
    private readonly bool throws;

    // Snapshot options are scoped: no singleton may take a client.
    public ResendClient(IOptionsSnapshot<ResendClientOptions> options, HttpClient httpClient)
    {
        var settings = options.Value;
        var token = string.IsNullOrWhiteSpace(settings.ApiToken)
            ? Environment.GetEnvironmentVariable("RESEND_API_KEY")
            : settings.ApiToken;
        httpClient.BaseAddress = new Uri(settings.ApiUrl);
        httpClient.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        httpClient.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        httpClient.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("resend-sdk", "0.11.0.0"));
        httpClient.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("dotnet", Environment.Version.ToString()));
        http = httpClient;
        throws = settings.ThrowExceptions;
    }

    public Task<ResendResponse<Guid>> EmailSendAsync(EmailMessage email, CancellationToken cancellationToken = default) =>
        SendAsync<Created, Guid>(Post("/emails", email), created => created.Id, cancellationToken);

    public Task<ResendResponse<Guid>> EmailSendAsync(
        string idempotencyKey, EmailMessage email, CancellationToken cancellationToken = default) =>
        SendAsync<Created, Guid>(Keyed(Post("/emails", email), idempotencyKey), created => created.Id, cancellationToken);

    public Task<ResendResponse<EmailReceipt>> EmailRetrieveAsync(Guid emailId, CancellationToken cancellationToken = default) =>
        SendAsync<EmailReceipt, EmailReceipt>(
            new HttpRequestMessage(HttpMethod.Get, $"/emails/{emailId}"), receipt => receipt, cancellationToken);

    public Task<ResendResponse<List<Guid>>> EmailBatchAsync(
        IEnumerable<EmailMessage> emails, CancellationToken cancellationToken = default) =>
        SendAsync<CreatedList, List<Guid>>(Batch(emails), Ids, cancellationToken);

    public Task<ResendResponse<List<Guid>>> EmailBatchAsync(
        string idempotencyKey, IEnumerable<EmailMessage> emails, CancellationToken cancellationToken = default) =>
        SendAsync<CreatedList, List<Guid>>(Keyed(Batch(emails), idempotencyKey), Ids, cancellationToken);

    private static List<Guid> Ids(CreatedList list) => [.. list.Data.Select(created => created.Id)];

    private static HttpRequestMessage Post<T>(string path, T body) =>
        new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };

    private static HttpRequestMessage Batch(IEnumerable<EmailMessage> emails)
    {
        var request = Post("/emails/batch", emails);
        request.Headers.Add("x-batch-validation", "strict");
        return request;
    }

    // Not inside the async part: a new line in the key throws before there is a task.
    private static HttpRequestMessage Keyed(HttpRequestMessage request, string idempotencyKey)
    {
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    }

    private static ResendRateLimit LimitsOf(HttpResponseMessage response)
    {
        string? Text(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
        int? Number(string name) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        return new ResendRateLimit
        {
            Limit = Number("ratelimit-limit"),
            Remaining = Number("ratelimit-remaining"),
            Reset = Number("ratelimit-reset"),
            RetryAfter = Number("retry-after"),
            Policy = Text("ratelimit-policy"),
        };
    }

    private static async Task<ResendException> ErrorOfAsync(
        HttpResponseMessage response, ResendRateLimit limits, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<Error>(cancellation) is { } error
                ? new ResendException((HttpStatusCode)error.StatusCode, error.Name, error.Message!, limits)
                : new ResendException(response.StatusCode, ErrorType.MissingResponse, "Missing error response", limits);
        }
        catch (JsonException exception)
        {
            return new ResendException(
                response.StatusCode, ErrorType.Deserialization, "Failed deserializing error response", exception, limits);
        }
    }

    private async Task<ResendResponse<TResult>> SendAsync<TBody, TResult>(
        HttpRequestMessage request, Func<TBody, TResult> map, CancellationToken cancellation)
    {
        using var sent = request;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException exception)
        {
            return Failed<TResult>(new ResendException(null, ErrorType.HttpSendFailed, exception.Message, exception), null);
        }

        using var received = response;
        var limits = LimitsOf(response);
        if (!response.IsSuccessStatusCode)
        {
            return Failed<TResult>(await ErrorOfAsync(response, limits, cancellation), limits);
        }

        try
        {
            return await response.Content.ReadFromJsonAsync<TBody>(cancellation) is { } body
                ? new ResendResponse<TResult>(map(body), limits)
                : Failed<TResult>(new ResendException(response.StatusCode, ErrorType.MissingResponse, "Missing response", limits), limits);
        }
        catch (JsonException exception)
        {
            // The mail was accepted all the same.
            return Failed<TResult>(
                new ResendException(
                    HttpStatusCode.UnprocessableEntity, ErrorType.Deserialization, "Failed deserializing response", exception, limits),
                limits);
        }
    }

    private ResendResponse<T> Failed<T>(ResendException exception, ResendRateLimit? limits) =>
        throws ? throw exception : new ResendResponse<T>(exception, limits);

    private sealed record Created([property: JsonPropertyName("id")] Guid Id);

    private sealed record CreatedList([property: JsonPropertyName("data")] List<Created> Data);

    private sealed class Error
    {
        [JsonPropertyName("statusCode")]
        public int StatusCode { get; set; }

        [JsonPropertyName("message")]
        public string? Message { get; set; }

        [JsonPropertyName("name")]
        public ErrorType Name { get; set; }
    }
}
