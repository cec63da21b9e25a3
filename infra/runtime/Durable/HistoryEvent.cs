using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Runtime.Durable;

/// <summary>
/// One thing that happened to an instance: something that arrived, or something its orchestrator decided. Decisions carry a task id,
/// counted from 0 in the order in which the code makes them; replay compares them with what the code decides now.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ExecutionStarted), nameof(ExecutionStarted))]
[JsonDerivedType(typeof(TaskScheduled), nameof(TaskScheduled))]
[JsonDerivedType(typeof(TaskCompleted), nameof(TaskCompleted))]
[JsonDerivedType(typeof(TaskFailed), nameof(TaskFailed))]
[JsonDerivedType(typeof(TimerCreated), nameof(TimerCreated))]
[JsonDerivedType(typeof(TimerFired), nameof(TimerFired))]
[JsonDerivedType(typeof(SubOrchestrationCreated), nameof(SubOrchestrationCreated))]
[JsonDerivedType(typeof(SubOrchestrationCompleted), nameof(SubOrchestrationCompleted))]
[JsonDerivedType(typeof(SubOrchestrationFailed), nameof(SubOrchestrationFailed))]
[JsonDerivedType(typeof(EventRaised), nameof(EventRaised))]
[JsonDerivedType(typeof(EventSent), nameof(EventSent))]
[JsonDerivedType(typeof(ExecutionSuspended), nameof(ExecutionSuspended))]
[JsonDerivedType(typeof(ExecutionResumed), nameof(ExecutionResumed))]
[JsonDerivedType(typeof(ExecutionTerminated), nameof(ExecutionTerminated))]
[JsonDerivedType(typeof(ExecutionRewound), nameof(ExecutionRewound))]
[JsonDerivedType(typeof(ExecutionCompleted), nameof(ExecutionCompleted))]
internal abstract record HistoryEvent;

/// <summary>Something the orchestrator's code asked for.</summary>
internal abstract record Decision(int Id) : HistoryEvent
{
    /// <summary>For people: what the code asked for, without its input.</summary>
    public abstract string Describe();

    /// <summary>Whether replayed code asked for the same thing. Inputs and times may differ: what history says holds.</summary>
    public abstract bool Matches(Decision other);
}

internal sealed record ExecutionStarted : HistoryEvent;

internal sealed record TaskScheduled(int Id, string Name, string? Input) : Decision(Id)
{
    public override string Describe() => $"activity '{Name}'";

    public override bool Matches(Decision other) =>
        other is TaskScheduled task && string.Equals(task.Name, Name, StringComparison.OrdinalIgnoreCase);
}

internal sealed record TimerCreated(int Id, DateTime FireAt) : Decision(Id)
{
    public override string Describe() => "timer";

    public override bool Matches(Decision other) => other is TimerCreated;
}

internal sealed record SubOrchestrationCreated(int Id, string Name, string InstanceId, string? Input) : Decision(Id)
{
    public override string Describe() => $"sub-orchestration '{Name}'";

    public override bool Matches(Decision other) =>
        other is SubOrchestrationCreated sub && string.Equals(sub.Name, Name, StringComparison.OrdinalIgnoreCase);
}

internal sealed record EventSent(int Id, string InstanceId, string Name, string? Payload) : Decision(Id)
{
    public override string Describe() => $"event '{Name}' to '{InstanceId}'";

    public override bool Matches(Decision other) => other is EventSent sent
        && sent.InstanceId == InstanceId && string.Equals(sent.Name, Name, StringComparison.OrdinalIgnoreCase);
}

internal sealed record TaskCompleted(int Id, string? Result) : HistoryEvent;

internal sealed record TaskFailed(int Id, Failure Failure) : HistoryEvent;

internal sealed record TimerFired(int Id) : HistoryEvent;

internal sealed record SubOrchestrationCompleted(int Id, string? Result) : HistoryEvent;

internal sealed record SubOrchestrationFailed(int Id, Failure Failure) : HistoryEvent;

/// <param name="Name">As raised; matched without regard to case.</param>
/// <param name="Payload">JSON text.</param>
/// <param name="MessageId">Its inbox row, under which it goes back when ContinueAsNew hands it on.</param>
internal sealed record EventRaised(
    string Name, string? Payload, [
        property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)
    ] long MessageId = 0) : HistoryEvent;

internal sealed record ExecutionSuspended(string? Reason) : HistoryEvent;

internal sealed record ExecutionResumed(string? Reason) : HistoryEvent;

internal sealed record ExecutionTerminated(string? Output) : HistoryEvent;

internal sealed record ExecutionRewound(string? Reason) : HistoryEvent;

/// <summary>The last event of an execution; <c>Status</c> is an OrchestrationRuntimeStatus.</summary>
internal sealed record ExecutionCompleted(int Status, string? Output, Failure? Failure) : HistoryEvent;

/// <summary>One committed step as stored.</summary>
internal sealed record HistoryStep(int Seq, DateTime At, IReadOnlyList<HistoryEvent> Events);

/// <summary>History events ↔ the text stored for them.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<HistoryEvent>))]
[JsonSerializable(typeof(HistoryEvent))]
[JsonSerializable(typeof(Failure))]
internal sealed partial class HistoryJson : JsonSerializerContext
{
    // Stored text is read by this engine and by people, never put into a page: no need to escape beyond JSON.
    private static readonly HistoryJson Relaxed = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Write(List<HistoryEvent> events) => JsonSerializer.Serialize(events, Relaxed.ListHistoryEvent);

    public static string Write(HistoryEvent happened) => JsonSerializer.Serialize(happened, Relaxed.HistoryEvent);

    public static List<HistoryEvent> ReadStep(string text) => JsonSerializer.Deserialize(text, Relaxed.ListHistoryEvent) ?? [];

    public static HistoryEvent ReadEvent(string text) =>
        JsonSerializer.Deserialize(text, Relaxed.HistoryEvent) ?? throw new InvalidDataException("An inbox row holds no event.");

    public static string Write(Failure failure) => JsonSerializer.Serialize(failure, Relaxed.Failure);

    public static Failure? ReadFailure(string? text) => text is null ? null : JsonSerializer.Deserialize(text, Relaxed.Failure);
}
