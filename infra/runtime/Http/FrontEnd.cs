using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;

namespace Portal.Runtime.Http;

/// <summary>
/// Who called, as functions see it on Azure. App Service's front end appends its caller to <c>X-Forwarded-For</c>, <c>-Proto</c> and
/// <c>-Host</c>. The Functions host calls the worker with these headers made anew from what it takes for address, scheme and host, so that
/// an earlier entry, which is the caller's own claim, never gets there. The worker's ASP.NET integration takes the one entry over into
/// the request and removes it. Here the last entry is what a front end wrote; without one it is the connection that counts.
/// </summary>
internal static class FrontEnd
{
    private static readonly string[] Kept =
    [
        ForwardedHeadersDefaults.XForwardedForHeaderName,
        ForwardedHeadersDefaults.XForwardedProtoHeaderName,
        ForwardedHeadersDefaults.XForwardedHostHeaderName,
    ];

    /// <summary>What the worker's ASP.NET integration sets, else ASP.NET's defaults: one entry, believed of this machine only.</summary>
    public static ForwardedHeadersOptions Options => new() { ForwardedHeaders = ForwardedHeaders.All };

    public static void Use(IApplicationBuilder app)
    {
        app.Use((http, next) =>
        {
            MakeAnew(http.Request.Headers);
            return next(http);
        });
        app.UseForwardedHeaders(Options);
    }

    private static void MakeAnew(IHeaderDictionary headers)
    {
        foreach (var name in Kept)
        {
            if (headers[name] is [.., { } last])
            {
                headers[name] = last[(last.LastIndexOf(',') + 1)..].Trim();
            }
        }

        // There is no path in front of the host's own.
        headers.Remove(ForwardedHeadersDefaults.XForwardedPrefixHeaderName);
    }
}
