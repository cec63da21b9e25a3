using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Operations.Page;

/// <summary>
/// Finished HTML. Made only by <see cref="Of"/>, which escapes every hole of an interpolated string that is not HTML itself: what comes
/// from vendors and history cannot become markup by forgetting something.
/// </summary>
public readonly record struct Html
{
    private Html(string text) => Text = text;

    public static Html Empty { get; } = new("");

    private string? Text { get; }

    public static Html Of(HtmlHandler html) => new(html.ToString());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.ToString())));

    public override string ToString() => Text ?? "";
}

/// <summary>Builds an <see cref="Html"/> from an interpolated string.</summary>
[InterpolatedStringHandler]
public readonly ref struct HtmlHandler(int literalLength, int formattedCount)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder text = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string value) => text.Append(value);

    public void AppendFormatted(Html value) => text.Append(value.ToString());

    public void AppendFormatted<T>(T value, string? format = null) =>
        text.Append(
            Encoder.Encode(
                value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString() ?? ""));

    public override string ToString() => text.ToString();
}

/// <summary>An HTML page as an answer.</summary>
public sealed class HtmlPage(Html body, int status = StatusCodes.Status200OK) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToString());
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "text/html; charset=utf-8";
        httpContext.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }
}
