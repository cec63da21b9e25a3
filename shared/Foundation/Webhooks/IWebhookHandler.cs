using System.Text.Json;

namespace Portal.Foundation.Webhooks;

/// <summary>An event as its vendor sent it.</summary>
/// <param name="Id">The vendor's id of it: the same on every delivery, so it is what repeats are told by.</param>
/// <param name="Attempts">How often handling it was tried before.</param>
public sealed record WebhookEvent(string Id, string Type, JsonElement Body, int Attempts);

/// <summary>What handling made of an event.</summary>
/// <param name="Outcome">A word for the inbox row.</param>
/// <param name="Signal">The orchestration to wake.</param>
/// <param name="After">What else to do, once the row is marked as processed.</param>
public sealed record Handled(
    HandledAs As, string Outcome, OrchestrationSignal? Signal = null, Func<CancellationToken, Task>? After = null);

/// <summary>An event for an orchestration: something in the rows it works on has changed.</summary>
public sealed record OrchestrationSignal(string InstanceId, string Event);

/// <summary>Raises events at orchestrations.</summary>
public interface IOrchestrationSignals
{
    /// <summary>May be repeated; one that is missing or has ended is not told.</summary>
    /// <exception cref="Faults.TransientException">Durable does not answer.</exception>
    Task SignalAsync(OrchestrationSignal signal, CancellationToken ct);
}

public enum HandledAs
{
    Done,

    /// <summary>Not for us, or not used: recorded and left.</summary>
    Ignored,

    /// <summary>What it is about is not there (yet): keep it and try again.</summary>
    NotYet,
}

/// <summary>
/// One vendor's events: how to read them, and which use case each name stands for. Events come in any order, more than once or never;
/// whatever handles one must be safe to run again.
/// </summary>
public interface IWebhookHandler
{
    /// <summary>As the inbox calls the vendor.</summary>
    string Provider { get; }

    /// <summary>Id and type of a signed body, which is a JSON object; null when it is no event of this vendor.</summary>
    /// <param name="headerId">What the headers call it, where a vendor keeps the id there.</param>
    (string Id, string Type)? Read(string? headerId, JsonElement body);

    /// <summary>False: an event of this type is recorded and left, and nobody need look at it.</summary>
    bool Uses(string type);

    Task<Handled> HandleAsync(WebhookEvent webhook, CancellationToken ct);
}

/// <summary>Reading what vendors send, leniently: fields come and go.</summary>
public static class WebhookBody
{
    private const int MaxWord = 200;

    /// <summary>A string member; null when it is something else or not there.</summary>
    public static string? Text(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>An object member; null when it is something else or not there.</summary>
    public static JsonElement? Object(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value
            : null;

    /// <summary>An id or a type as the inbox keeps it: 1 to 200 characters, none of them a control character.</summary>
    public static string? Word(string? text) => text is { Length: > 0 and <= MaxWord } && !text.Any(char.IsControl) ? text : null;
}
