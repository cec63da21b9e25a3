#nullable disable
using System.Net;

namespace Mux.Csharp.Sdk.Client;

public interface IApiAccessor
{
    IReadableConfiguration Configuration { get; set; }

    ExceptionFactory ExceptionFactory { get; set; }

    string GetBasePath();
}

public interface IApiResponse
{
    Type ResponseType { get; }

    object Content { get; }

    HttpStatusCode StatusCode { get; }

    Multimap<string, string> Headers { get; }

    string ErrorText { get; set; }

    string RawContent { get; }
}

/// <summary>StatusCode 0 is how a transport failure shows; ErrorText then says which.</summary>
public class ApiResponse<T> : IApiResponse
{
    public ApiResponse(HttpStatusCode statusCode, Multimap<string, string> headers, T data, string rawContent)
    {
        StatusCode = statusCode;
        Headers = headers;
        Data = data;
        RawContent = rawContent;
    }

    public ApiResponse(HttpStatusCode statusCode, Multimap<string, string> headers, T data)
        : this(statusCode, headers, data, null)
    {
    }

    public ApiResponse(HttpStatusCode statusCode, T data, string rawContent)
        : this(statusCode, null, data, rawContent)
    {
    }

    public ApiResponse(HttpStatusCode statusCode, T data)
        : this(statusCode, data, null)
    {
    }

    public HttpStatusCode StatusCode { get; }

    public Multimap<string, string> Headers { get; }

    public T Data { get; }

    public string ErrorText { get; set; }

    public Type ResponseType => typeof(T);

    public object Content => Data;

    public string RawContent { get; }
}
