using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Portal.Runtime.Http;

/// <summary>
/// Who may call what. Keys come from settings: <c>Keys:Functions</c> (one, several separated by commas, or a list),
/// <c>Keys:System:durabletask_extension</c> and <c>Keys:Master</c>; a caller shows one as <c>x-functions-key</c> or <c>?code=</c>.
/// Without any key, functions are open as in Core Tools, and the host's own routes answer only this machine. Only hashes are kept, and
/// nothing here is ever logged.
/// </summary>
internal sealed class FunctionKeys
{
    public const string Header = "x-functions-key";

    private readonly List<byte[]> functions;
    private readonly List<byte[]> system;
    private readonly List<byte[]> master;

    public FunctionKeys(IConfiguration settings)
    {
        functions = Read(settings.GetSection("Keys:Functions"));
        system = Read(settings.GetSection("Keys:System:durabletask_extension"));
        master = Read(settings.GetSection("Keys:Master"));
    }

    /// <summary>False on a fresh laptop; then nothing asks for a key.</summary>
    public bool AnyConfigured => functions.Count + system.Count + master.Count > 0;

    public bool AllowsFunction(HttpContext http, AuthorizationLevel level) => level switch
    {
        AuthorizationLevel.Anonymous => true,
        AuthorizationLevel.Function => !AnyConfigured || Shows(http, functions, master),
        AuthorizationLevel.System => AllowsDurable(http),
        _ => AllowsAdmin(http),
    };

    /// <summary>Durable's management routes: the system key or the master key.</summary>
    public bool AllowsDurable(HttpContext http) => AnyConfigured ? Shows(http, system, master) : IsThisMachine(http);

    /// <summary>The host's admin routes: the master key.</summary>
    public bool AllowsAdmin(HttpContext http) => AnyConfigured ? Shows(http, master, []) : IsThisMachine(http);

    private static bool Shows(HttpContext http, List<byte[]> some, List<byte[]> others)
    {
        var shown = http.Request.Headers[Header].ToString() is { Length: > 0 } header ? header : http.Request.Query["code"].ToString();
        if (shown.Length == 0)
        {
            return false;
        }

        // Every key is compared, and as hashes of one length: neither which key nor how much of it was right shows in the time taken.
        var hash = Hash(shown);
        var matches = 0;
        foreach (var key in some.Concat(others))
        {
            matches |= CryptographicOperations.FixedTimeEquals(hash, key) ? 1 : 0;
        }

        return matches == 1;
    }

    // The server listens on loopback only, so what remains is a proxy in front of it and a web page in this machine's browser
    // (another origin, or a name that was rebound to 127.0.0.1). A proxy shows in headers; when FrontEnd has taken what they say for the
    // request's address and host, which a caller may have made up, the true ones are left in X-Original-….
    private static bool IsThisMachine(HttpContext http)
    {
        var headers = http.Request.Headers;
        return http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && (http.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]")
            && !headers.ContainsKey("Forwarded") && !headers.Keys.Any(IsOfProxy)
            && (!headers.TryGetValue("Origin", out var origin) || origin == $"{http.Request.Scheme}://{http.Request.Host}");
    }

    private static bool IsOfProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase);

    private static List<byte[]> Read(IConfigurationSection section) =>
        [.. section.GetChildren().Select(child => child.Value).Append(section.Value)
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(Hash)];

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
