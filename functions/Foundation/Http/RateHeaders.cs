using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary><c>RateLimit-*</c>: what is left of the limit that will be reached first, and the seconds until it starts anew.</summary>
public static class RateHeaders
{
    public const string Limit = "RateLimit-Limit";
    public const string Remaining = "RateLimit-Remaining";
    public const string Reset = "RateLimit-Reset";

    public static void Write(HttpResponse response, int limit, int remaining, int reset)
    {
        var headers = response.Headers;
        headers[Limit] = limit.ToString(CultureInfo.InvariantCulture);
        headers[Remaining] = remaining.ToString(CultureInfo.InvariantCulture);
        headers[Reset] = reset.ToString(CultureInfo.InvariantCulture);
    }
}
