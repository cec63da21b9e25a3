#nullable disable
namespace Mux.Csharp.Sdk.Client;

public class ApiException : Exception
{
    public ApiException(int errorCode, string message, object errorContent = null, Multimap<string, string> headers = null)
        : base(message)
    {
        ErrorCode = errorCode;
        ErrorContent = errorContent;
        Headers = headers;
    }

    public int ErrorCode { get; set; }

    public object ErrorContent { get; private set; }

    public Multimap<string, string> Headers { get; private set; }
}
