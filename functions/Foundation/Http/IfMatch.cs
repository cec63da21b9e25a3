using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Reads <c>If-Match</c>: which version of a shared thing a PATCH or DELETE means to change. Without it the request is refused
/// (428, RFC 6585): two people would overwrite each other unseen. An ETag, its version alone (<c>"3"</c> or <c>3</c>), or <c>*</c>:
/// whichever version it has.
/// </summary>
public static class IfMatch
{
    /// <summary>No row has it.</summary>
    public const int Any = 0;

    public static (int Version, Problem? Problem) Read(HttpRequest request)
    {
        var text = request.Headers.IfMatch.ToString();
        if (text.Length == 0)
        {
            return (
                0, new Problem(
                    428, "version-required", "Say which version you change", "Send the ETag that you read as If-Match, or *."));
        }

        if (text == "*")
        {
            return (Any, null);
        }

        var tag = text.StartsWith("W/", StringComparison.Ordinal) ? text[2..] : text;
        var inner = tag.Trim('"');
        var end = inner.IndexOf('.', StringComparison.Ordinal);
        return int.TryParse(end < 0 ? inner : inner[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && version > 0
            ? (version, null)
            : (
                0, Problem.Invalid(
                    [new("If-Match", "etag", "If-Match must be an ETag of this resource, as it was read, its version, or *.")]));
    }

    /// <summary>Somebody else changed it in between.</summary>
    public static Problem Stale(int version) =>
        new(412, "version-stale", "Changed by somebody else", $"It is at version {version} now. Read it again, then repeat your change.")
        {
            CurrentVersion = version,
        };
}
