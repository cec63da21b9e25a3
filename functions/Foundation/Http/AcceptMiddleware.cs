using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Net.Http.Headers;

namespace Portal.Functions.Foundation.Http;

/// <summary>406 when Accept allows nothing of what the function answers.</summary>
public sealed class AcceptMiddleware : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http
            && FunctionAttributes.Of(context.FunctionDefinition).MediaTypes is { Count: > 0 } offered
            && !offered.Any(type => Takes(http.Request, type)))
        {
            var problem = new Problem(
                406, "not-acceptable", "Not in that media type",
                $"This is answered as {string.Join(" or ", offered)}; Accept allows none of it.");
            await problem.ExecuteAsync(http);
            return;
        }

        await next(context);
    }

    /// <summary>No Accept, or one that cannot be read, takes anything (RFC 9110, 12.5.1).</summary>
    private static bool Takes(HttpRequest request, string offered)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || (accept is [{ } only] && only == "*/*") || !MediaTypeHeaderValue.TryParseList(accept, out var ranges)
            || ranges.Count == 0)
        {
            return true;
        }

        var type = new MediaTypeHeaderValue(offered);
        return ranges.Any(
            range =>
                range.Quality != 0 && (type.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)) || type.MediaType == range.MediaType));
    }
}
