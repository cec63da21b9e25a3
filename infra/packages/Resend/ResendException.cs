using System.Net;
using System.Text.Json.Serialization;

namespace Resend;

/// <summary>StatusCode and ErrorType come from the body of the answer, not from its HTTP status; see ResendClient.</summary>
public class ResendException : ApplicationException
{
    public ResendException(
        HttpStatusCode? statusCode, ErrorType errorType, string message, Exception? innerException, ResendRateLimit? limits = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
        ErrorType = errorType;
        Limits = limits;
    }

    public HttpStatusCode? StatusCode { get; }

    public ErrorType ErrorType { get; }

    public ResendRateLimit? Limits { get; set; }

    // Not 500, 502, 503, Deserialization nor ConcurrentIdempotentRequests, though trying again would help with each.
    public bool IsTransient => ErrorType
        is ErrorType.RateLimitExceeded
        or ErrorType.MonthlyQuotaExceeded
        or ErrorType.DailyQuotaExceeded
        or ErrorType.HttpSendFailed;
}

[JsonConverter(typeof(SnakeCaseEnumConverter<ErrorType>))]
public enum ErrorType
{
    ValidationError = 0,
    MissingApiKey = 1,
    RestrictedApiKey = 2,
    InvalidApiKey = 3,
    NotFound = 4,
    MethodNotAllowed = 5,
    InvalidAttachment = 6,
    InvalidFromAddress = 7,
    InvalidAccess = 8,
    InvalidParameter = 9,
    InvalidRegion = 10,
    MissingRequiredField = 11,
    MonthlyQuotaExceeded = 12,
    DailyQuotaExceeded = 13,
    RateLimitExceeded = 14,
    SecurityError = 15,
    ApplicationError = 16,
    InternalServerError = 17,
    InvalidIdempotencyKey = 18,
    InvalidIdempotentRequest = 19,
    ConcurrentIdempotentRequests = 20,
    HttpSendFailed = 21,
    MissingResponse = 22,
    Deserialization = 23,
}

public class ResendRateLimit
{
    public ResendRateLimit()
    {
    }

    public int? Reset { get; internal set; }

    public int? RetryAfter { get; internal set; }
}

public class ResendResponse
{
    internal ResendResponse(ResendException? exception)
    {
        Exception = exception;
    }

    public ResendException? Exception { get; }
}

public class ResendResponse<T> : ResendResponse
{
    private readonly T? value;

    internal ResendResponse(T? value, ResendException? exception)
        : base(exception)
    {
        this.value = value;
    }

    // A value type has no null, so a failed send reads as Guid.Empty.
    public T? Content => value is null && Exception is not null ? throw Exception : value;
}
