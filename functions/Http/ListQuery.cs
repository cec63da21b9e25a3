using System.Globalization;
using Microsoft.AspNetCore.Http;
using Portal.Paging;

namespace Portal.Functions.Http;

/// <summary>Lists: reading <c>limit</c> and <c>cursor</c>, writing <c>items</c> and <c>nextCursor</c>.</summary>
public static class ListQuery
{
    /// <summary>The page asked for, or the problem with the question.</summary>
    public static (Page Page, Problem? Problem) Read(HttpRequest request, Cursors cursors, Guid tenant, string list)
    {
        var errors = new List<FieldError>();
        var limit = Page.DefaultLimit;
        if (request.Query.TryGetValue("limit", out var text)
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > Page.MaxLimit))
        {
            errors.Add(new("?limit", "range", $"limit must be a whole number from 1 to {Page.MaxLimit}."));
        }

        Position? after = null;
        if (request.Query.TryGetValue("cursor", out var cursor) && (after = cursors.Read(cursor.ToString(), tenant, list)) is null)
        {
            errors.Add(new("?cursor", "cursor", "cursor must be a nextCursor of this list, unchanged."));
        }

        return (new Page(limit, after), errors.Count == 0 ? null : Problem.Invalid(errors));
    }

    /// <summary>A UUID filter; null when absent, a problem when it is no UUID.</summary>
    public static (Guid? Key, Problem? Problem) Key(HttpRequest request, string name)
    {
        if (!request.Query.TryGetValue(name, out var text))
        {
            return (null, null);
        }

        return Guid.TryParse(text, out var key) ? (key, null) : (null, Problem.Invalid([new($"?{name}", "uuid", $"{name} must be a UUID.")]));
    }

    public static PageOf<TOut> Map<T, TOut>(this PageOf<T> page, Func<T, TOut> map) => new([.. page.Items.Select(map)], page.NextCursor);
}
