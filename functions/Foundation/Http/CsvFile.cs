using System.Text;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// A file of comma-separated values (RFC 4180) as an answer, its header first. Spreadsheets calculate what begins like a formula, so such
/// a field gets an apostrophe in front, which they show as text.
/// </summary>
public sealed class CsvFile(string name, IReadOnlyList<string[]> lines) : IResult
{
    public const string MediaType = "text/csv";

    private const string FormulaStarts = "=+-@\t\r";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(Line)));
        var response = httpContext.Response;
        response.ContentType = $"{MediaType}; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }

    public static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Field)) + "\r\n";

    private static string Field(string text)
    {
        var safe = text.Length > 0 && FormulaStarts.Contains(text[0], StringComparison.Ordinal) ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
