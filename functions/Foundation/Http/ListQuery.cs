using Microsoft.AspNetCore.Http;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Foundation.Http;

/// <summary>What every list understands.</summary>
public record ListInput
{
    [Whole(1, Page.MaxLimit), About("Rows in a page.")]
    public int Limit { get; init; } = Page.DefaultLimit;

    [Text(400), About("nextCursor of the page before.")]
    public string? Cursor { get; init; }
}

/// <summary>Which end of a list comes first.</summary>
public static class SortOrder
{
    public const string Ascending = "asc";
    public const string Descending = "desc";
}

/// <summary>What a list understands that can be read from either end. It is newest first unless it says otherwise.</summary>
public record OrderedListInput : ListInput
{
    [OneOf(typeof(SortOrder)), About("Left out: the list's own direction, as its summary or the sort names it.")]
    public string? Order { get; init; }

    internal bool IsReversed => Order is { } order && order != (IsDescending ? SortOrder.Descending : SortOrder.Ascending);

    /// <summary>The list's own direction.</summary>
    protected virtual bool IsDescending => true;
}

/// <summary>What a list understands besides when counting it is cheap: its rows are those of one tenant, project, video or person. What
/// grows with everything that happens anywhere is not counted (docs/api.md).</summary>
public record CountedListInput : OrderedListInput
{
    [About("true: the answer says how many there are on all pages together, in total. Counting stops at 10000.")]
    public bool Total { get; init; }
}

/// <summary>Lists: reading filters, <c>limit</c> and <c>cursor</c>; writing <c>items</c> and <c>nextCursor</c>.</summary>
public sealed class Lists(Cursors cursors, TimeProvider clock)
{
    /// <summary>The filters and the page asked for, or the problem with the question.</summary>
    /// <param name="list">Names the list and its order: a cursor of another one does not fit.</param>
    /// <param name="tenant">Whose list it is; left out: the caller's.</param>
    public (T? Query, Page Page, Problem? Problem) Read<T>(HttpRequest request, Func<T, string> list, TenantId? tenant = null)
        where T : ListInput
    {
        var (query, problem) = Input.ReadQuery<T>(request, clock.GetUtcNow());
        if (query is null)
        {
            return (null, new Page(1, null), problem);
        }

        Position? after = null;
        var reversed = query is OrderedListInput { IsReversed: true };
        if (query.Cursor is { } cursor && (after = cursors.Read(cursor, Owner(request, tenant), Name(list(query), reversed))) is null)
        {
            return (
                null, new Page(1, null), Problem.Invalid(
                    [new("?cursor", "cursor", "cursor must be a nextCursor of this list in this order, unchanged.")]));
        }

        return (query, new Page(query.Limit, after, reversed), null);
    }

    /// <summary>The answer: the rows that fit, and the cursor when there are more.</summary>
    public Reply Page<TRow, TJson>(
        HttpRequest request, IReadOnlyList<TRow> rows, Page page, string list, Func<TRow, Position> position, Func<TRow, TJson> json,
        TenantId? tenant = null, long? total = null)
    {
        var cut = cursors.Cut(rows, page, Owner(request, tenant), Name(list, page.Reversed), position);
        return Reply.Ok(new PageOf<TJson>([.. cut.Items.Select(json)], cut.NextCursor, total));
    }

    private static string Name(string list, bool reversed) => reversed ? $"{list}:reversed" : list;

    private static Guid Owner(HttpRequest request, TenantId? tenant) => (tenant ?? request.HttpContext.Caller().Tenant).Value;
}
