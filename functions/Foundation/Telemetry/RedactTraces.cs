using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace Portal.Functions.Foundation.Telemetry;

/// <summary>
/// Runs before a span is exported. Addresses of vendors keep the words of their path and lose what stands between them (ids, names of
/// files); texts lose what <see cref="SecretText"/> finds. Events cannot be changed: a span with one that holds such a thing stays here.
/// </summary>
public sealed partial class RedactTraces : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        foreach (var (name, value) in data.TagObjects.ToArray())
        {
            if (value is string text && Clean(name, text) is var clean && clean != text)
            {
                data.SetTag(name, clean);
            }
        }

        data.DisplayName = SecretText.Hide(data.DisplayName);
        if (data.StatusDescription is { } description)
        {
            data.SetStatus(data.Status, SecretText.Hide(description));
        }

        if (data.Events.SelectMany(one => one.Tags).Any(tag => tag.Value is string text && SecretText.IsIn(text)))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }

    private static string Clean(string name, string text) => name switch
    {
        "url.full" or "http.url" => Words(text),
        "url.query" => "",
        _ => SecretText.Hide(text),
    };

    /// <summary><c>https://api.mux.com/video/v1/assets/{…}</c></summary>
    private static string Words(string address) => Uri.TryCreate(address, UriKind.Absolute, out var url)
        ? url.GetLeftPart(UriPartial.Authority) + NoWord().Replace(url.AbsolutePath, "{…}")
        : "";

    [GeneratedRegex("(?<=/)(?!(?:[A-Za-z]+(?:[-_][A-Za-z]+)*|v[0-9])(?:/|$))[^/]+")]
    private static partial Regex NoWord();
}
