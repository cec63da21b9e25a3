using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Local.Demo;

/// <summary>An HTTP answer, read whole.</summary>
internal sealed record DemoAnswer(string Asked, int Status, JsonNode? Json, string Text)
{
    /// <summary>What a problem says, or the status alone.</summary>
    public string Problem
    {
        get
        {
            var status = Status.ToString(CultureInfo.InvariantCulture);
            if (Json is not JsonObject problem || problem["title"] is not { } title)
            {
                return $"{Asked} answered {status}";
            }

            var fields = problem["errors"] is JsonArray errors ? string.Concat(errors.Select(error => $" {error?["message"]}")) : "";
            return $"{Asked} answered {status}: {problem["detail"] ?? title}{fields}";
        }
    }

    public string ProblemType => (string?)(Json as JsonObject)?["type"] ?? "";

    /// <exception cref="StepFailedException">The answer is another one.</exception>
    public DemoAnswer Expect(params int[] statuses) => statuses.Contains(Status) ? this : throw new StepFailedException(Problem);

    /// <exception cref="StepFailedException">The answer has no such text.</exception>
    public string Field(string name) =>
        Json is JsonObject json && json[name] is JsonValue value
            ? value.ToString()
            : throw new StepFailedException($"{Asked} answered without {name}");

    public static async Task<DemoAnswer> ReadAsync(string asked, HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        return new DemoAnswer(asked, (int)response.StatusCode, Parse(text), text);
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Not every answer is JSON: a playlist is not.
            return null;
        }
    }
}

/// <summary>A step of the demo did not end as it should. The message says what came instead.</summary>
internal sealed class StepFailedException(string message) : Exception(message);
