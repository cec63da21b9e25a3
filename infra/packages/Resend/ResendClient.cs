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
    Task<ResendResponse<Guid>> EmailSendAsync(
        string idempotencyKey, EmailMessage email, CancellationToken cancellationToken = default);
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

    // Not inside the async part: a new line in the key throws before there is a task.
    public Task<ResendResponse<Guid>> EmailSendAsync(
        string idempotencyKey, EmailMessage email, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/emails") { Content = JsonContent.Create(email) };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return SendAsync(request, cancellationToken);
    }

    private static ResendRateLimit LimitsOf(HttpResponseMessage response)
    {
        int? Number(string name) =>
            response.Headers.TryGetValues(name, out var values) ? int.Parse(values.First(), CultureInfo.InvariantCulture) : null;
        return new ResendRateLimit
        {
            Reset = Number("ratelimit-reset"),
            RetryAfter = Number("retry-after"),
        };
    }

    private static async Task<ResendException> ErrorOfAsync(
        HttpResponseMessage response, ResendRateLimit limits, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<Error>(cancellation) is { } error
                ? new ResendException((HttpStatusCode)error.StatusCode, error.Name, error.Message!, null, limits)
                : new ResendException(response.StatusCode, ErrorType.MissingResponse, "Missing error response", null, limits);
        }
        catch (JsonException exception)
        {
            return new ResendException(
                response.StatusCode, ErrorType.Deserialization, "Failed deserializing error response", exception, limits);
        }
    }

    private async Task<ResendResponse<Guid>> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var sent = request;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException exception)
        {
            return Failed(new ResendException(null, ErrorType.HttpSendFailed, exception.Message, exception));
        }

        using var received = response;
        var limits = LimitsOf(response);
        if (!response.IsSuccessStatusCode)
        {
            return Failed(await ErrorOfAsync(response, limits, cancellation));
        }

        try
        {
            return await response.Content.ReadFromJsonAsync<Created>(cancellation) is { } created
                ? new ResendResponse<Guid>(created.Id, null)
                : Failed(new ResendException(response.StatusCode, ErrorType.MissingResponse, "Missing response", null, limits));
        }
        catch (JsonException exception)
        {
            // The mail was accepted all the same.
            return Failed(new ResendException(
                HttpStatusCode.UnprocessableEntity, ErrorType.Deserialization, "Failed deserializing response", exception, limits));
        }
    }

    private ResendResponse<Guid> Failed(ResendException exception) =>
        throws ? throw exception : new ResendResponse<Guid>(Guid.Empty, exception);

    private sealed record Created([property: JsonPropertyName("id")] Guid Id);

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
