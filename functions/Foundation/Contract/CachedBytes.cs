using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Contract;

/// <summary>Bytes that stay as they are until the app changes, or for ever: browsers ask again with the tag, and get 304.</summary>
/// <param name="Private">Not the same for everybody.</param>
internal sealed record CachedBytes(
    ReadOnlyMemory<byte> Bytes, string ContentType, string Tag, string? Policy = null, bool Private = false) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ETag = Tag;
        response.Headers.CacheControl = Private ? "private, no-cache" : "public, no-cache";
        if (Policy is not null)
        {
            response.Headers.ContentSecurityPolicy = Policy;
        }

        if (EntityTagHeaderValue.TryParseList(httpContext.Request.Headers.IfNoneMatch, out var known)
            && known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(new EntityTagHeaderValue(Tag), useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = ContentType;
        await AnswerBody.WriteAsync(httpContext, Bytes);
    }
}
