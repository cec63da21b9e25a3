using System.Collections;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>One statement as it went over the wire, with its values.</summary>
public sealed record Statement(string Sql, IReadOnlyList<object> Values);

/// <summary>One round trip: the statements in it, or the beginning or end of a transaction.</summary>
public sealed record Trip(IReadOnlyList<Statement> Statements, bool Begins = false, bool Commits = false);

/// <summary>
/// Writes down what the portal's own code sends to Postgres, by listening to Npgsql's log. So "the same statements" are the same, whatever the
/// stores become, and are not a copy that nobody keeps up.
/// </summary>
public sealed class Recorder : ILoggerProvider, ILoggerFactory
{
    private readonly List<Trip> trips = [];

    /// <summary>What <paramref name="work"/> sends.</summary>
    public async Task<IReadOnlyList<Trip>> RecordAsync(Func<Task> work)
    {
        trips.Clear();
        await work();
        return [.. trips];
    }

    public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private static IReadOnlyList<object> Values(object? values) => [.. ((IEnumerable)values!).Cast<object>()];

    private void Hear(string category, EventId id, IReadOnlyList<KeyValuePair<string, object?>> state)
    {
        var by = state.ToDictionary(s => s.Key, s => s.Value);
        if (category == "Npgsql.Command" && id.Name?.StartsWith("Executing", StringComparison.Ordinal) == true)
        {
            if (by.TryGetValue("BatchCommands", out var batch))
            {
                var commands = ((IEnumerable)batch!).Cast<System.Runtime.CompilerServices.ITuple>();
                trips.Add(new([.. commands.Select(c => new Statement((string)c[0]!, Values(c[1])))]));
            }
            else
            {
                trips.Add(new([new((string)by["CommandText"]!, by.TryGetValue("Parameters", out var values) ? Values(values) : [])]));
            }
        }
        else if (category == "Npgsql.Transaction" && id.Name is { } name)
        {
            if (name.StartsWith("Started", StringComparison.Ordinal))
            {
                trips.Add(new([], Begins: true));
            }
            else if (name.StartsWith("Committed", StringComparison.Ordinal))
            {
                trips.Add(new([], Commits: true));
            }
        }
    }

    private sealed class Listener(Recorder recorder, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is IReadOnlyList<KeyValuePair<string, object?>> named)
            {
                recorder.Hear(category, eventId, named);
            }
        }
    }
}
