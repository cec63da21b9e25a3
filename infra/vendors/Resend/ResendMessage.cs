using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

/// <summary>What Resend says no to in a message.</summary>
internal static partial class ResendMessage
{
    /// <summary>Null when the message can be sent.</summary>
    public static (string Name, string Message)? Problem(JsonNode? node)
    {
        if (node is not JsonObject message)
        {
            return ("validation_error", "The email must be an object.");
        }
        if (message.Text("from") is not { Length: > 0 } from)
        {
            return ("missing_required_field", "Missing `from` field.");
        }
        if (!IsAddress(from))
        {
            return (
                "validation_error",
                "Invalid `from` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.");
        }
        if (People(message["to"]) is not { Count: > 0 } to)
        {
            return ("missing_required_field", "Missing `to` field.");
        }
        if (to.Count > 50)
        {
            return ("validation_error", "The `to` field takes at most 50 addresses.");
        }
        foreach (var name in new[] { "to", "cc", "bcc", "reply_to" })
        {
            if (message[name] is { } given && (People(given) is not { } people || !people.All(IsAddress)))
            {
                return (
                    "validation_error",
                    $"Invalid `{name}` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` "
                        + "format.");
            }
        }
        return ContentProblem(message);
    }

    /// <summary>One address or a list of them; null when it is neither.</summary>
    public static IReadOnlyList<string>? People(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<string>(out var one) => [one],
        JsonArray list when list.All(entry => entry is JsonValue value && value.GetValueKind() == JsonValueKind.String) =>
            [.. list.Select(entry => (string)entry!)],
        _ => null,
    };

    /// <summary>The bare address of <c>Name &lt;address&gt;</c>.</summary>
    public static string Bare(string address)
    {
        var open = address.LastIndexOf('<');
        return (open >= 0 && address.EndsWith('>') ? address[(open + 1)..^1] : address).Trim();
    }

    /// <summary>When it is to be sent; null for now. Only ISO times are known here, not «in 1 hour».</summary>
    public static DateTimeOffset? ScheduledAt(JsonObject message) =>
        message.Text("scheduled_at") is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static (string Name, string Message)? ContentProblem(JsonObject message)
    {
        if (message.Text("subject") is not { Length: > 0 } && message["template"] is null)
        {
            return ("missing_required_field", "Missing `subject` field.");
        }
        if (message["html"] is null && message["text"] is null && message["template"] is null)
        {
            return ("missing_required_field", "Missing `html` or `text` field.");
        }
        if (message["scheduled_at"] is not null && ScheduledAt(message) is null)
        {
            return ("invalid_parameter", "The `scheduled_at` field must be an ISO 8601 time.");
        }
        if (message["tags"] is { } tags && (tags is not JsonArray list || !list.All(IsTag)))
        {
            return (
                "validation_error",
                "Tags should only contain ASCII letters, numbers, underscores, or dashes, and be at most 256 characters.");
        }
        return message["attachments"] is JsonArray attachments
            && attachments.Any(one => one is not JsonObject file || (file["content"] is null && file["path"] is null))
            ? ("invalid_attachment", "Attachment must have either a `content` or `path`.")
            : null;
    }

    private static bool IsTag(JsonNode? tag) =>
        tag is JsonObject fields && fields.Text("name") is { } name && TagText().IsMatch(name) && fields.Text("value") is { } value
            && TagText().IsMatch(value);

    private static bool IsAddress(string text)
    {
        var bare = Bare(text);
        var at = bare.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at < bare.Length - 1 && bare.IndexOf('@', at + 1) < 0
            && !bare.Any(c => char.IsWhiteSpace(c) || c is '<' or '>' or ',' or '"');
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}$", RegexOptions.CultureInvariant)]
    private static partial Regex TagText();
}
