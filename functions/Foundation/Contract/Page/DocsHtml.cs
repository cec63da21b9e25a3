using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Contract.Page;

/// <summary>Text of the document as HTML: everything is escaped, and of Markdown what descriptions here use.</summary>
internal static partial class DocsHtml
{
    private static readonly JsonSerializerOptions Readable = new(
        JsonSerializerDefaults.Web)
    { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Paragraphs, <c>`code`</c> and <c>**strong**</c>.</summary>
    public static string Prose(string? text) =>
        string.Concat((text ?? "").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(p => $"<p>{Line(p)}</p>"));

    /// <summary>One paragraph without its tags.</summary>
    public static string Line(string? text) =>
        Strong().Replace(
            Code().Replace(Html.Encode(text), "<code>$1</code>"), "<strong>$1</strong>").Replace('\n', ' ');

    public static string Json(JsonNode? node) =>
        $"<pre tabindex=\"0\"><code>{Html.Encode(node?.ToJsonString(Readable) ?? "null")}</code></pre>";

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*\*([^*]+)\*\*")]
    private static partial Regex Strong();
}
