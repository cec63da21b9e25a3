namespace Portal.Foundation.Http;

/// <summary>Settings of the HTTP edge.</summary>
public sealed class HttpOptions
{
    public const string Section = "Http";

    /// <summary>Origins whose pages may call the API (CORS), exactly as browsers send them, separated by commas; empty: none.</summary>
    public string AllowedOrigins { get; set; } = "";

    /// <summary>
    /// Empty, also on Azure Functions itself: the host tells who called. Behind a proxy that every request passes, the header in which it
    /// writes the client's address over whatever the client sent (Front Door: <c>X-Azure-SocketIP</c>). The app must then refuse requests
    /// that do not come from the proxy (access restrictions of App Service): whoever gets past it can claim any address.
    /// </summary>
    public string ClientAddressHeader { get; set; } = "";

    /// <summary>Requests that run at once in a process; as many more wait, and further ones are refused.</summary>
    public int MaxConcurrentRequests { get; set; } = 100;

    public IReadOnlyList<string> Origins =>
        AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Not <c>X-Forwarded-For</c> or its like: ASP.NET takes those, and what is left of them is the client's own claim.</summary>
    public bool ClientAddressHeaderIsRight() =>
        ClientAddressHeader.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        && !ClientAddressHeader.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    /// <summary>A scheme, a host and perhaps a port: no path, no wildcard.</summary>
    public bool OriginsAreRight() => Origins.All(o =>
        Uri.TryCreate(o, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == o);
}
