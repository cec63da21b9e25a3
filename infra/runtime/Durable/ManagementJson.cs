using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;

namespace Portal.Runtime.Durable;

/// <summary>Shapes of the management API: an instance, and the links that a start or restart answers with.</summary>
internal static class ManagementJson
{
    public const string Base = "/runtime/webhooks/durabletask";

    public static JsonObject Instance(InstanceSnapshot view, bool showInput, JsonArray? history)
    {
        var json = new JsonObject
        {
            ["name"] = view.Name,
            ["instanceId"] = view.Id,
            ["runtimeStatus"] = view.Status.ToString(),
            ["input"] = showInput ? HistoryShape.Payload(view.Input) : null,
            ["customStatus"] = HistoryShape.Payload(view.CustomStatus),
            ["output"] = HistoryShape.Payload(view.Output),
            ["createdTime"] = Time(view.CreatedAt),
            ["lastUpdatedTime"] = Time(view.UpdatedAt),
        };
        // Absent unless asked for, and while nothing has happened yet.
        if (history is not null && view.Status != OrchestrationRuntimeStatus.Pending)
        {
            json["historyEvents"] = history;
        }

        return json;
    }

    public static JsonObject Links(HttpRequest request, string hub, string id)
    {
        string Link(string suffix, string query = "") =>
            $"{request.Scheme}://{request.Host}{request.PathBase}{Base}/instances/{Uri.EscapeDataString(id)}{suffix}"
            + $"?{query}taskHub={hub}&connection=Storage"
            + (request.Query["code"] is [{ } code] ? $"&code={Uri.EscapeDataString(code)}" : string.Empty);

        return new()
        {
            ["id"] = id,
            ["statusQueryGetUri"] = Link(string.Empty),
            ["sendEventPostUri"] = Link("/raiseEvent/{eventName}"),
            ["terminatePostUri"] = Link("/terminate", "reason={text}&"),
            ["purgeHistoryDeleteUri"] = Link(string.Empty),
            ["restartPostUri"] = Link("/restart"),
            ["suspendPostUri"] = Link("/suspend", "reason={text}&"),
            ["resumePostUri"] = Link("/resume", "reason={text}&"),
        };
    }

    private static string Time(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
