using System.Text.Json.Nodes;
using DurableTask.Core.History;
using Portal.Runtime.Durable;

namespace Portal.Host.Durable;

/// <summary>
/// The engine's recorded history in the shape of Durable's management API: the asking folded into the answer (which gains FunctionName and
/// ScheduledTime), ids left out, results only on request.
/// </summary>
internal static class RecordedHistory
{
    private static readonly HashSet<string> Left = [nameof(EventType.OrchestratorStarted), nameof(EventType.OrchestratorCompleted)];

    public static JsonArray Of(InstanceSnapshot instance, string recorded, bool showInput, bool showOutput)
    {
        var rows = new List<(int? Asks, JsonObject Row)>();
        var asked = new Dictionary<int, JsonObject>();
        foreach (var happened in (JsonNode.Parse(recorded) as JsonArray ?? []).OfType<JsonObject>())
        {
            var type = TypeOf(happened);
            if (Left.Contains(type))
            {
                continue;
            }

            var row = Row(instance, happened, type, showInput, showOutput);
            int? asks = null;
            if (type is "TaskScheduled" or "SubOrchestrationInstanceCreated" or "TimerCreated")
            {
                asks = (int)happened["EventId"]!;
                asked[asks.Value] = row;
            }

            if (Answered(happened) is { } id && asked.TryGetValue(id, out var question))
            {
                rows.RemoveAll(each => each.Asks == id);
                Fold(row, question);
            }

            rows.Add((asks, row));
        }

        return new([.. rows.Select(each => each.Row)]);
    }

    private static JsonObject Row(InstanceSnapshot instance, JsonObject happened, string type, bool showInput, bool showOutput)
    {
        var row = new JsonObject { ["EventType"] = type, ["Timestamp"] = happened["Timestamp"]?.DeepClone() };
        if (type == "ExecutionStarted")
        {
            row["FunctionName"] = instance.Name;
        }
        else if (happened["Name"] is { } name)
        {
            row[type is "TaskScheduled" or "SubOrchestrationInstanceCreated" ? "FunctionName" : "Name"] = name.DeepClone();
        }

        foreach (var same in new[] { "FireAt", "InstanceId", "Reason", "Details", "FailureDetails" })
        {
            if (happened[same] is { } value)
            {
                row[same] = value.DeepClone();
            }
        }

        if (showInput && happened["Input"] is { } input)
        {
            row["Input"] = HistoryShape.Payload((string?)input);
        }

        if (happened["OrchestrationStatus"] is { } status)
        {
            row["OrchestrationStatus"] = status.GetValueKind() == System.Text.Json.JsonValueKind.Number
                ? ((DurableTask.Core.OrchestrationStatus)(int)status).ToString()
                : (string?)status;
        }

        if (showOutput && happened["Result"] is { } result)
        {
            row["Result"] = HistoryShape.Payload((string?)result);
        }

        return row;
    }

    private static void Fold(JsonObject row, JsonObject question)
    {
        row["ScheduledTime"] = question["Timestamp"]?.DeepClone();
        foreach (var each in new[] { "FunctionName", "Input" })
        {
            if (question[each] is { } value)
            {
                row[each] = value.DeepClone();
            }
        }
    }

    private static int? Answered(JsonObject happened) => (happened["TaskScheduledId"] ?? happened["TimerId"]) is { } id ? (int)id : null;

    private static string TypeOf(JsonObject happened) => happened["EventType"] is { } type
        ? type.GetValueKind() == System.Text.Json.JsonValueKind.Number ? ((EventType)(int)type).ToString() : (string)type!
        : "";
}
