using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Portal.Events.Changes;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Events.Changes;

/// <summary>
/// Changes as server-sent events. It ends by itself after two minutes and the client comes back with <c>Last-Event-ID</c>: a session is
/// looked at again no later than that, and an instance can be taken away. A client that hears nothing for 15 s hears a comment: what
/// stands between gives up connections that say nothing.
/// </summary>
/// <remarks>On Azure the host writes it after the app's middleware has ended, so it handles its own faults.</remarks>
public sealed partial class ChangeStream(
    AwaitChanges changes, ChangeFeed feed, ChangePosition after, Func<ChangePosition, string> cursor, TimeProvider clock, ILogger logger,
    CancellationToken stopping) : IResult
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);
    private const int RetryMilliseconds = 2000;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (changes.Enter(feed.Reader).IsRefused(out var refusal, out var place))
        {
            await refusal.Problem().ExecuteAsync(httpContext);
            return;
        }

        using (place)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, httpContext.RequestAborted);
            try
            {
                await BeginAsync(httpContext, ended.Token);
                await TellAsync(httpContext, ended.Token);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                // The client left, or the process ends.
            }
            catch (Exception e)
            {
                // It comes back, with the last id.
                Log.Broken(logger, e);
            }
        }
    }

    private async Task BeginAsync(HttpContext http, CancellationToken ct)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = $"{ChangeAnswers.EventStream}; charset=utf-8";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await WriteAsync(http, $"retry: {RetryMilliseconds}\nid: {cursor(after)}\n\n", ct);
    }

    private async Task TellAsync(HttpContext http, CancellationToken ct)
    {
        var end = clock.GetUtcNow() + Longest;
        var at = after;
        while (clock.GetUtcNow() is var now && now < end)
        {
            var read = await changes.WaitAsync(feed.Reader, at, now + Beat < end ? now + Beat : end, ct);
            if (read.IsRefused(out var refusal, out var page))
            {
                await WriteAsync(http, $"event: closed\ndata: {refusal.Problem().Document(http.RequestId()).ToJsonString()}\n\n", ct);
                return;
            }

            at = page.Next;
            await WriteAsync(http, Text(page), ct);
        }
    }

    /// <summary>Each with its id, and at last the place behind those that this reader does not see.</summary>
    private string Text(ChangePage page)
    {
        var text = new StringBuilder();
        foreach (var change in page.Changes)
        {
            var json = JsonSerializer.Serialize(feed.Json(change, page.Role), AnswerJson.Options);
            text.Append("id: ").Append(cursor(change.At)).Append("\ndata: ").Append(json).Append("\n\n");
        }

        return text.Append(":\nid: ").Append(cursor(page.Next)).Append("\n\n").ToString();
    }

    private static async Task WriteAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.WriteAsync(text, ct);
        await http.Response.Body.FlushAsync(ct);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A stream of changes broke off")]
        public static partial void Broken(ILogger logger, Exception e);
    }
}
