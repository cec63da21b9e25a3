namespace Portal.Http;

/// <summary>Settings of the HTTP edge.</summary>
public sealed class HttpOptions
{
    public const string Section = "Http";

    /// <summary>Origins whose pages may call the API (CORS), exactly as browsers send them, separated by commas; empty: none.</summary>
    public string AllowedOrigins { get; set; } = "";

    /// <summary>
    /// Whom to believe about <c>X-Forwarded-For</c>: the number of proxies in front (Azure: 1), or their networks separated by commas
    /// (<c>10.0.0.0/8,2001:db8::/32</c>); 0: nobody, the address is the connection's.
    /// </summary>
    public string TrustedProxies { get; set; } = "0";

    public IReadOnlyList<string> Origins => AllowedOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A scheme, a host and perhaps a port: no path, no wildcard.</summary>
    public bool OriginsAreRight() => Origins.All(o =>
        Uri.TryCreate(o, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == o);
}
