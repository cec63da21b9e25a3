using System.Text;
using Microsoft.AspNetCore.Http;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Operations;

/// <summary>Markdown as an answer.</summary>
internal sealed class MarkdownText(string text) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "text/markdown; charset=utf-8";
        return AnswerBody.WriteAsync(httpContext, Encoding.UTF8.GetBytes(text));
    }
}
