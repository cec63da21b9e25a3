using System.Text.Json;
using DurableTask.Core;
using Portal.Host.Rpc;

namespace Portal.Host.Durable;

/// <summary>
/// What an orchestrator learns of a failed activity. The worker tells it in the exception's message: the JSON of its failure details
/// on the first line, or <c>Type: message</c>. The type's name decides <c>IsCausedBy</c> on the other side.
/// </summary>
internal static class ActivityFailure
{
    public static FailureDetails Of(RpcException? exception)
    {
        if (exception is null)
        {
            return new FailureDetails("(unknown)", "The activity failed without a reason.", null, null, false);
        }

        var first = exception.Message.Split('\n', 2)[0].TrimEnd('\r');
        return Json(first) ?? TypeAndMessage(first, exception);
    }

    private static FailureDetails? Json(string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FailureDetails? Read(JsonElement json) => Text(json, "ErrorType") is { } type
        ? new FailureDetails(
            type,
            Text(json, "ErrorMessage") ?? "",
            Text(json, "StackTrace"),
            Property(json, "InnerFailure") is { ValueKind: JsonValueKind.Object } inner ? Read(inner) : null,
            Property(json, "IsNonRetriable") is { ValueKind: JsonValueKind.True })
        : null;

    private static FailureDetails TypeAndMessage(string line, RpcException exception) =>
        line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at
        ? new FailureDetails(line[..at].TrimEnd(), line[(at + 2)..].TrimEnd(), exception.StackTrace, null, false)
        : new FailureDetails("(unknown)", line, exception.StackTrace, null, false);

    private static string? Text(JsonElement json, string name) =>
        Property(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Property(JsonElement json, string name)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }
}
