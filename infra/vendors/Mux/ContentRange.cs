using System.Globalization;

namespace Portal.LocalVendors.Mux;

/// <summary><c>Content-Range</c> of a resumable PUT: <c>bytes a-b/total</c>, <c>bytes a-b/*</c>, <c>bytes */total</c>, <c>bytes
/// */*</c>.</summary>
internal sealed record ContentRange(long? First, long? Last, long? Total)
{
    /// <summary>A question («how far are you?») or the bare statement of the total: it carries no bytes.</summary>
    public bool IsProbe => First is null;

    /// <summary>Whether these bytes are the last ones.</summary>
    public bool IsFinal => Total is { } total && Last == total - 1;

    public static ContentRange? Parse(string text)
    {
        const string Unit = "bytes ";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase) || slash < 0)
        {
            return null;
        }
        var range = text[Unit.Length..slash].Trim();
        var (totalKnown, total) = Number(text[(slash + 1)..].Trim());
        if (!totalKnown)
        {
            return null;
        }
        if (range == "*")
        {
            return new ContentRange(null, null, total);
        }
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
               && Number(range[..dash]) is (true, { } first) && Number(range[(dash + 1)..]) is (true, { } last)
               && last >= first && (total is null || last < total)
            ? new ContentRange(first, last, total)
            : null;
    }

    private static (bool Fine, long? Value) Number(string text) => text == "*"
        ? (true, null)
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (true, number) : (false, null);
}
