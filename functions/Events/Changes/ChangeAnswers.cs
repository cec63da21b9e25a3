using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Portal.Events.Changes;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events.Changes;

public sealed record ListChangesInput
{
    public const int LongestWait = 25;

    [Text(400), About("nextCursor of the answer before. Left out: nothing is told yet, and nextCursor stands for now.")]
    public string? After { get; init; }

    [Whole(0, LongestWait), About("Seconds to wait when there is nothing to tell.")]
    public int Wait { get; init; }
}

/// <summary>Whose changes are told, and as what.</summary>
/// <param name="List">Names the feed: a cursor of another one does not fit.</param>
/// <param name="Json">An event as this reader sees it; the role is theirs at this moment.</param>
public sealed record ChangeFeed(ChangeReader Reader, string List, Func<VisibleChange, string?, ChangeJson> Json);

/// <summary>Answers with changes: once, or as a stream for who asks for one.</summary>
public sealed class ChangeAnswers(
    ChangeStore store, AwaitChanges changes, Cursors cursors, TimeProvider clock, ILogger<ChangeStream> logger)
{
    public const string EventStream = "text/event-stream";
    private const string LastEventId = "Last-Event-ID";

    public async Task<IResult> RunAsync(HttpRequest request, ChangeFeed feed, CancellationToken ct)
    {
        var (query, problem) = Input.ReadQuery<ListChangesInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        var streams = WantsStream(request) && HttpMethods.IsGet(request.Method);
        var cursor = streams && request.Headers[LastEventId] is [{ Length: > 0 } last] ? last : query.After;
        var tenant = feed.Reader.Tenant.Value;
        var after = cursor is null ? null : cursors.Read(cursor, tenant, feed.List);
        if (cursor is not null && after is null)
        {
            return Problem.Invalid([new("?after", "cursor", "after must be a nextCursor of this feed, unchanged.")]);
        }

        var at = after is null ? await store.EndAsync(feed.Reader.Tenant, ct) : ChangePosition.Of(after);
        string Write(ChangePosition position) => cursors.Write(position.Key, tenant, feed.List);
        if (streams)
        {
            return new ChangeStream(changes, feed, at, Write, clock, logger, ct);
        }

        if (after is null)
        {
            return Told(new([], at, More: false, Role: null));
        }

        var wait = HttpMethods.IsHead(request.Method) ? TimeSpan.Zero : TimeSpan.FromSeconds(query.Wait);
        var told = await changes.RunAsync(feed.Reader, at, wait, request.HttpContext.Place().Leave, ct);
        return told.Answer(Told);

        IResult Told(ChangePage page) =>
            Reply.Ok(new ChangesJson([.. page.Changes.Select(c => feed.Json(c, page.Role))], Write(page.Next), page.More)) with
            {
                IsTagged = false,
            };
    }

    /// <summary>It is named, and JSON is not liked better.</summary>
    private static bool WantsStream(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges))
        {
            return false;
        }

        var stream = Quality(EventStream);
        return stream > 0 && stream >= Quality("application/json");

        double Quality(string type) =>
            ranges.Where(range => range.MediaType == type).Select(range => range.Quality ?? 1).DefaultIfEmpty(0).Max();
    }
}
