using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Portal.Local.Demo;

/// <summary>An orchestration's history, from Durable's management route, as a table.</summary>
internal static class HistoryTable
{
    private const int LongestResult = 60;

    public static Table Of(JsonObject instance)
    {
        var table = new Table().RoundedBorder()
            .AddColumn(new TableColumn("s").RightAligned()).AddColumn("event").AddColumn("what").AddColumn("result");
        DateTimeOffset? began = null;
        foreach (var row in (instance["historyEvents"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var at = DateTimeOffset.Parse((string)row["Timestamp"]!, CultureInfo.InvariantCulture);
            began ??= at;
            table.AddRow(
                Markup.Escape((at - began.Value).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)),
                Markup.Escape((string?)row["EventType"] ?? ""),
                Markup.Escape(What(row)),
                Markup.Escape(Result(row)));
        }

        return table;
    }

    private static string What(JsonObject row) =>
        (string?)(row["FunctionName"] ?? row["Name"]) ?? (row["FireAt"] is { } due ? $"due {Time(due)}" : "");

    private static string Result(JsonObject row) => row switch
    {
        _ when row["OrchestrationStatus"] is { } status => $"{status}: {Short(row["Result"])}",
        _ when row["FailureDetails"]?["ErrorMessage"] is { } error => Short(error),
        _ => Short(row["Result"]),
    };

    private static string Time(JsonNode due) =>
        DateTimeOffset.Parse((string)due!, CultureInfo.InvariantCulture).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Short(JsonNode? value)
    {
        var text = value switch
        {
            null => "",
            JsonValue plain => plain.ToString(),
            _ => value.ToJsonString(),
        };
        return text.Length <= LongestResult ? text : text[..LongestResult] + "…";
    }
}
