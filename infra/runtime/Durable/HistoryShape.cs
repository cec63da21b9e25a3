using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.DurableTask.Client;

namespace Portal.Runtime.Durable;

/// <summary>
/// History as Durable's management API shows it: the asking folded into the answer (which gains FunctionName and ScheduledTime), ids left
/// out, results only on request. What has not been answered yet stays as a bare scheduled row.
/// </summary>
internal static class HistoryShape
{
    public static JsonArray Of(InstanceSnapshot instance, IReadOnlyList<HistoryStep> steps, bool showInput, bool showOutput)
    {
        var rows = new List<(int? Asks, JsonObject Row)>();
        var asked = new Dictionary<int, (DateTime At, Decision Decision)>();
        foreach (var step in steps)
        {
            foreach (var happened in step.Events)
            {
                if (happened is Decision decision)
                {
                    asked[decision.Id] = (step.At, decision);
                }

                if (Answers(happened) is { } id)
                {
                    rows.RemoveAll(row => row.Asks == id);
                }

                rows.Add(((happened as Decision)?.Id, Row(instance, happened, step.At, asked, showInput, showOutput)));
            }
        }

        if (instance.QuarantineReason is { } reason)
        {
            rows.Add(
                (null, new() { ["EventType"] = "ExecutionSuspended", ["Timestamp"] = Time(instance.UpdatedAt), ["Reason"] = reason }));
        }

        return new([.. rows.Select(row => row.Row)]);
    }

    /// <summary>Payload text as JSON; what is none is shown as text (the output of a failed instance is a bare message).</summary>
    public static JsonNode? Payload(string? text)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static JsonObject Row(
        InstanceSnapshot instance, HistoryEvent happened, DateTime at, Dictionary<int, (
            DateTime At, Decision Decision)> asked, bool showInput, bool showOutput)
    {
        var row = new JsonObject { ["EventType"] = TypeOf(happened), ["Timestamp"] = Time(at) };
        switch (happened)
        {
            case ExecutionStarted:
                if (showInput)
                {
                    row["Input"] = Payload(instance.Input);
                }

                row["FunctionName"] = instance.Name;
                break;
            case TaskScheduled task: Asked(row, task.Name, task.Input, showInput); break;
            case SubOrchestrationCreated sub:
                row["InstanceId"] = sub.InstanceId;
                Asked(row, sub.Name, sub.Input, showInput);
                break;
            case TaskCompleted done: Answered(row, done.Id, done.Result, null, asked, showInput, showOutput); break;
            case SubOrchestrationCompleted done: Answered(row, done.Id, done.Result, null, asked, showInput, showOutput); break;
            case TaskFailed failed: Answered(row, failed.Id, null, failed.Failure, asked, showInput, showOutput); break;
            case SubOrchestrationFailed failed: Answered(row, failed.Id, null, failed.Failure, asked, showInput, showOutput); break;
            case TimerCreated timer: row["FireAt"] = Time(timer.FireAt); break;
            case TimerFired fired when asked.TryGetValue(fired.Id, out var timer):
                row["FireAt"] = Time(
                ((TimerCreated)timer.Decision).FireAt); break;
            case EventRaised raised: Asked(row, null, raised.Payload, showInput, raised.Name); break;
            case EventSent sent:
                row["InstanceId"] = sent.InstanceId;
                Asked(row, null, sent.Payload, showInput, sent.Name);
                break;
            case ExecutionSuspended suspended: row["Reason"] = suspended.Reason; break;
            case ExecutionResumed resumed: row["Reason"] = resumed.Reason; break;
            case ExecutionRewound rewound: row["Reason"] = rewound.Reason; break;
            case ExecutionTerminated terminated: row["Input"] = Payload(terminated.Output); break;
            case ExecutionCompleted over:
                row["OrchestrationStatus"] = ((OrchestrationRuntimeStatus)over.Status).ToString();
                if (showOutput)
                {
                    row["Result"] = Payload(over.Output);
                }

                if (over.Failure is { } failure)
                {
                    row["FailureDetails"] = Details(failure);
                }

                break;
        }

        return row;
    }

    private static void Asked(JsonObject row, string? function, string? input, bool showInput, string? name = null)
    {
        if (name is not null)
        {
            row["Name"] = name;
        }

        if (showInput)
        {
            row["Input"] = Payload(input);
        }

        if (function is not null)
        {
            row["FunctionName"] = function;
        }
    }

    private static void Answered(
        JsonObject row, int id, string? result, Failure? failure, Dictionary<int, (
            DateTime At, Decision Decision)> asked, bool showInput, bool showOutput)
    {
        if (failure is not null)
        {
            row["Reason"] = failure.Message;
            row["Details"] = failure.Stack;
            row["FailureDetails"] = Details(failure);
        }
        else if (showOutput)
        {
            row["Result"] = Payload(result);
        }

        if (!asked.TryGetValue(id, out var asking))
        {
            return;
        }

        row["ScheduledTime"] = Time(asking.At);
        if (asking.Decision is TaskScheduled task)
        {
            Asked(row, task.Name, task.Input, showInput);
        }

        if (asking.Decision is SubOrchestrationCreated sub)
        {
            Asked(row, sub.Name, sub.Input, showInput);
        }
    }

    private static JsonObject Details(Failure failure) => new()
    {
        ["ErrorType"] = failure.Type,
        ["ErrorMessage"] = failure.Message,
        ["StackTrace"] = failure.Stack,
        ["InnerFailure"] = failure.Inner is { } inner ? Details(inner) : null,
        ["IsNonRetriable"] = failure.NonRetriable,
    };

    private static int? Answers(HistoryEvent happened) => happened switch
    {
        TaskCompleted done => done.Id,
        TaskFailed failed => failed.Id,
        SubOrchestrationCompleted done => done.Id,
        SubOrchestrationFailed failed => failed.Id,
        _ => null,
    };

    private static string TypeOf(HistoryEvent happened) => happened switch
    {
        SubOrchestrationCreated => "SubOrchestrationInstanceCreated",
        SubOrchestrationCompleted => "SubOrchestrationInstanceCompleted",
        SubOrchestrationFailed => "SubOrchestrationInstanceFailed",
        ExecutionRewound => "GenericEvent",
        _ => happened.GetType().Name,
    };

    private static string Time(DateTime at) =>
        at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
