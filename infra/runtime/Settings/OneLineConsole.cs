using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Portal.Runtime.Settings;

/// <summary>
/// One line an event, in the order on-call reads: UTC time, level, short category, message, then the ids of the scopes around it.
/// A stack trace follows indented, so that grepping for the time stamp still finds events only.
/// </summary>
internal sealed class OneLineConsole(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "one-line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(160)
            .Append(clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .Append(' ').Append(Level(logEntry.LogLevel))
            .Append(' ').Append(ShortName(logEntry.Category)).Append(": ");
        AppendOneLine(line, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception)
        {
            AppendOneLine(line.Append(" | ").Append(exception.GetType().Name).Append(": "), exception.Message);
        }

        AppendScopes(line, scopeProvider);
        if (logEntry.Exception?.StackTrace is { } trace)
        {
            foreach (var frame in trace.AsSpan().EnumerateLines())
            {
                line.AppendLine().Append("    ").Append(frame.Trim());
            }
        }

        textWriter.WriteLine(line.ToString());
    }

    private static void AppendScopes(StringBuilder line, IExternalScopeProvider? scopes)
    {
        var start = line.Length;
        scopes?.ForEachScope(
            (scope, text) =>
            {
                if (scope is IEnumerable<KeyValuePair<string, object?>> values)
                {
                    foreach (var (name, value) in values.Where(pair => pair.Key != "{OriginalFormat}" && pair.Value is not null))
                    {
                        AppendOneLine(
                            text.Append(' ').Append(name).Append('='), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
                    }
                }
            },
            line);
        if (line.Length > start)
        {
            line.Insert(start, " {").Append(" }");
        }
    }

    // Line breaks in a message would let text from outside forge a line of its own.
    private static void AppendOneLine(StringBuilder line, string text)
    {
        foreach (var character in text)
        {
            line.Append(char.IsControl(character) ? ' ' : character);
        }
    }

    private static string ShortName(string category)
    {
        if (category.StartsWith("Function.", StringComparison.Ordinal))
        {
            return category["Function.".Length..];
        }

        var end = category.IndexOf('`', StringComparison.Ordinal) is var tick and > 0 ? tick : category.Length;
        var start = category.LastIndexOf('.', end - 1) + 1;
        return category[start..end];
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };
}
