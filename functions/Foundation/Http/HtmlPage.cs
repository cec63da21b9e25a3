using System.Text;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Http;

/// <summary>An HTML page as an answer.</summary>
public sealed class HtmlPage(Html body, int status = StatusCodes.Status200OK) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToString());
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "text/html; charset=utf-8";
        httpContext.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }
}
