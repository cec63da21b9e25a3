using System.Diagnostics.CodeAnalysis;
using Dapper;

namespace Portal.Foundation.Paging;

/// <summary>
/// Pages of a list, in its own direction or against it: what its statement ends with. Rows are compared by the columns that the list is
/// ordered by, the last of which is unique, so that an index on them serves both directions.
/// </summary>
public sealed class PageQuery
{
    private const string AgeAndId = "@afterAt, @afterId";

    private readonly string order;
    private readonly string against;
    private readonly string after;
    private readonly string before;

    private PageQuery(string columns, string values, bool descending)
    {
        var names = columns.Split(", ");
        var (up, down) = ($"order by {string.Join(", ", names)}", $"order by {string.Join(", ", names.Select(name => $"{name} desc"))}");
        var (above, below) = ($"({columns}) > ({values})", $"({columns}) < ({values})");
        (order, against) = descending ? (down, up) : (up, down);
        (after, before) = descending ? (below, above) : (above, below);
    }

    /// <param name="columns">Separated by comma and space, which therefore stand in none of them.</param>
    /// <param name="values">Those of the row that the page begins behind, of the parameters <c>@afterAt</c> or <c>@afterKey</c> (its key
    /// as a time, or as it is) and <c>@afterId</c>, all null for the first page. Left out: time and id.</param>
    public static PageQuery Ascending([ConstantExpected] string columns, [ConstantExpected] string values = AgeAndId) =>
        new(columns, values, descending: false);

    /// <inheritdoc cref="Ascending"/>
    public static PageQuery Descending([ConstantExpected] string columns, [ConstantExpected] string values = AgeAndId) =>
        new(columns, values, descending: true);

    /// <summary>One row more than the page holds. Its parameters: <see cref="Arguments"/>.</summary>
    /// <param name="listed">A select that ends in its conditions.</param>
    public string Of([ConstantExpected] string listed, Page page) =>
        $"{listed} and (@afterId::uuid is null or {(page.Reversed ? before : after)}) {Order(page)} limit @take";

    /// <summary>The order alone, for a statement around that of the page.</summary>
    public string Order(Page page) => page.Reversed ? against : order;

    /// <summary>The list's own parameters and those of the page.</summary>
    public static DynamicParameters Arguments(object args, Page page)
    {
        var all = new DynamicParameters(args);
        all.AddDynamicParams(new { afterAt = page.After?.At, afterKey = page.After?.Key, afterId = page.After?.Id, take = page.Take });
        return all;
    }

    /// <summary>How many rows there are on all pages together, as far as anybody counts.</summary>
    public static string Count([ConstantExpected] string listed) => $"select count(*) from ({listed} limit {Page.MostCounted}) counted";
}
