#nullable disable
namespace Mux.Csharp.Sdk.Client;

public interface IReadableConfiguration
{
    string AccessToken { get; }

    string BasePath { get; }

    IDictionary<string, string> DefaultHeaders { get; }

    int Timeout { get; }

    string UserAgent { get; }

    string Username { get; }

    string Password { get; }
}

public class Configuration : IReadableConfiguration
{
    public const string Version = "2.0.1";

    public static readonly ExceptionFactory DefaultExceptionFactory = (methodName, response) =>
        (int)response.StatusCode >= 400
            ? new ApiException(
                (int)response.StatusCode,
                $"Error calling {methodName}: {response.RawContent}",
                response.RawContent,
                response.Headers)
            : null;

    public Configuration()
    {
    }

    public virtual string BasePath { get; set; } = "https://api.mux.com";

    public virtual IDictionary<string, string> DefaultHeaders { get; set; } = new Dictionary<string, string>();

    /// <summary>Milliseconds.</summary>
    public virtual int Timeout { get; set; } = 100_000;

    public virtual string UserAgent { get; set; } = "Mux C# | " + Version;

    public virtual string Username { get; set; }

    public virtual string Password { get; set; }

    /// <summary>Alone it sends no Authorization header: the real SDK never puts it anywhere for Mux.</summary>
    public virtual string AccessToken { get; set; }

    // An API object copies what it is given, so later changes do not reach it.
    internal static Configuration Copy(IReadableConfiguration source) => new()
    {
        BasePath = source.BasePath ?? "https://api.mux.com",
        DefaultHeaders = new Dictionary<string, string>(source.DefaultHeaders ?? new Dictionary<string, string>()),
        Timeout = source.Timeout,
        UserAgent = source.UserAgent ?? "Mux C# | " + Version,
        Username = source.Username,
        Password = source.Password,
        AccessToken = source.AccessToken,
    };
}
