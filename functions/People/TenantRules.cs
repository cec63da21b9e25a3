using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.People;

/// <summary>A time zone by its IANA name, such as Australia/Sydney.</summary>
public sealed partial class IanaTimeZoneAttribute : RuleAttribute
{
    public override string Name => "time_zone";

    // The pattern first: the name becomes part of a path where time zones are files.
    public override string? Broken(object value) =>
        Shape().IsMatch((string)value) && TimeZoneInfo.TryFindSystemTimeZoneById((string)value, out var zone) && zone.HasIanaId
            ? null
            : "must be an IANA time zone, such as Australia/Sydney.";

    public override void Describe(JsonObject schema) => schema["pattern"] = "^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$";

    [GeneratedRegex("^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$")]
    private static partial Regex Shape();
}

/// <summary>An address that a browser may load from: https, a host, nobody's name or password in it.</summary>
public sealed class HttpsUrlAttribute : RuleAttribute
{
    public override string Name => "https_url";

    public override string? Broken(object value) =>
        Uri.TryCreate((string)value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0
        && ((string)value).StartsWith("https://", StringComparison.Ordinal)
            ? null
            : "must be an https:// URL.";

    public override void Describe(JsonObject schema)
    {
        schema["format"] = "uri";
        schema["pattern"] = "^https://";
    }
}

/// <summary>A colour as #rrggbb, in lower case.</summary>
public sealed partial class ColourAttribute : RuleAttribute
{
    public override string Name => "colour";

    public override string? Broken(object value) =>
        Shape().IsMatch((string)value) ? null : "must be a colour such as #0a7cff, in lower case.";

    public override void Describe(JsonObject schema) => schema["pattern"] = "^#[0-9a-f]{6}$";

    [GeneratedRegex("^#[0-9a-f]{6}$")]
    private static partial Regex Shape();
}
