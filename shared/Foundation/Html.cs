using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Portal.Foundation;

/// <summary>
/// Finished HTML. Made by <see cref="Of"/>, which escapes every hole of an interpolated string that is not HTML itself: what comes from
/// vendors and history cannot become markup by forgetting something. What a renderer of Markdown made is <see cref="Made"/>.
/// </summary>
public readonly record struct Html
{
    // A line's end needs no escape, and reads better without.
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private Html(string text) => Text = text;

    public static Html Empty { get; } = new("");

    private string? Text { get; }

    /// <summary>Text as HTML, for an element's content or an attribute's in quotes.</summary>
    public static string Encode(string? text) => Encoder.Encode(text ?? "").Replace("&#xA;", "\n", StringComparison.Ordinal);

    public static Html Of(HtmlHandler html) => new(html.ToString());

    /// <summary>HTML of somebody who has escaped what is not theirs, as it is.</summary>
    public static Html Made(string html) => new(html);

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.ToString())));

    public override string ToString() => Text ?? "";
}

/// <summary>Builds an <see cref="Html"/> from an interpolated string.</summary>
[InterpolatedStringHandler]
public readonly ref struct HtmlHandler(int literalLength, int formattedCount)
{
    private readonly StringBuilder text = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string value) => text.Append(value);

    public void AppendFormatted(Html value) => text.Append(value.ToString());

    public void AppendFormatted<T>(T value, string? format = null) =>
        text.Append(Html.Encode(
            value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()));

    public override string ToString() => text.ToString();
}
