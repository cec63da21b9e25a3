#nullable disable
using System.Net;

namespace Mux.Csharp.Sdk.Client;

/// <summary>StatusCode 0 is how a transport failure shows; ErrorText then says which.</summary>
public class ApiResponse<T>
{
    public ApiResponse(HttpStatusCode statusCode, T data)
    {
        StatusCode = statusCode;
        Data = data;
    }

    public HttpStatusCode StatusCode { get; }

    public T Data { get; }

    public string ErrorText { get; set; }
}
