using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>Answers that ASP.NET Core has no name for.</summary>
internal static class Answers
{
    /// <summary>303: after a POST, look there. A reload then repeats the looking, not the act.</summary>
    public static IResult SeeOther(string path) => new Other(path);

    private sealed class Other(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}
