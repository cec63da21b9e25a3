using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Portal.Functions.Foundation.Telemetry;

/// <summary>Runs before a line is exported: its text, its values and its exception lose what <see cref="SecretText"/> finds.</summary>
public sealed class RedactLogs : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        data.FormattedMessage = data.FormattedMessage is { } message ? SecretText.Hide(message) : null;
        data.Body = data.Body is { } body ? SecretText.Hide(body) : null;
        var values = (data.Attributes ?? []).Select(Clean).ToList();
        if (data.Exception is { } exception)
        {
            // As the exporters would write it, which write the exception itself.
            values.Add(new("exception.type", exception.GetType().FullName));
            values.Add(new("exception.message", SecretText.Hide(exception.Message)));
            values.Add(new("exception.stacktrace", SecretText.Hide(exception.ToString())));
            data.Exception = null;
        }

        data.Attributes = values;
    }

    private static KeyValuePair<string, object?> Clean(KeyValuePair<string, object?> value) => value.Value switch
    {
        null or bool or int or long or double or Guid => value,
        var other => new(value.Key, SecretText.Hide(other.ToString() ?? "")),
    };
}
