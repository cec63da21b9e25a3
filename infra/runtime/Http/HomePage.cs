using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Portal.Runtime.Http;

/// <summary>What the host answers at <c>/</c> when no function does: a page that tells strangers what runs here, or nothing.</summary>
internal static class HomePage
{
    private const string Setting = "AzureWebJobsDisableHomepage";

    /// <param name="own">Instead of either.</param>
    public static void Use(IApplicationBuilder app, IConfiguration settings, RequestDelegate? own)
    {
        var disabled = string.Equals(settings[Setting], bool.TrueString, StringComparison.OrdinalIgnoreCase);
        app.Use((http, next) =>
            http.Request.Path.Value != "/" ? next(http)
            : own is not null ? own(http)
            : disabled ? Nothing(http)
            : PageAsync(http));
    }

    private static Task Nothing(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task PageAsync(HttpContext http)
    {
        http.Response.ContentType = "text/html";
        return http.Response.WriteAsync(
            "<!DOCTYPE html><title>Functions</title><p>Your Functions app is up and running. "
            + $"Azure shows a page like this unless {Setting} is true.</p>",
            http.RequestAborted);
    }
}
