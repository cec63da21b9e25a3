using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>One statement as it goes over the wire, with its values.</summary>
public sealed record Statement(string Sql, IReadOnlyList<object> Values);

/// <summary>One round trip: the statements in it, or the beginning or end of a transaction.</summary>
public sealed record Trip(IReadOnlyList<Statement> Statements, bool Begins = false, bool Commits = false);

/// <summary>
/// Writes down what the portal's own code sends to Postgres, by listening to Npgsql. So "the same statements" are the same, whatever the
/// stores become, and are not a copy that nobody keeps up.
/// </summary>
public sealed partial class Recorder : ILoggerProvider, ILoggerFactory
{
    private readonly List<Trip> trips = [];

    /// <summary>A data source whose commands are heard.</summary>
    public NpgsqlDataSource Build(string database) => new NpgsqlDataSourceBuilder(database)
        .UseLoggerFactory(this)
        .ConfigureTracing(tracing => tracing.ConfigureCommandEnrichmentCallback((_, command) => trips.Add(new(Split(command)))))
        .Build();

    /// <summary>What <paramref name="work"/> sends.</summary>
    public async Task<IReadOnlyList<Trip>> RecordAsync(Func<Task> work)
    {
        // Only while recording: nothing that is measured pays for being traced.
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        trips.Clear();
        await work();
        return [.. trips];
    }

    public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>As Npgsql itself does: each statement with the numbers of its own parameters.</summary>
    private static List<Statement> Split(NpgsqlCommand command)
    {
        var values = command.Parameters.ToDictionary(
            p => p.ParameterName.TrimStart('@'), p => p.Value ?? DBNull.Value, StringComparer.OrdinalIgnoreCase);
        var statements = new List<Statement>();
        foreach (var text in command.CommandText.Split(";\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var names = new List<string>();
            var sql = Parameter().Replace(text, match =>
            {
                var name = match.Groups[1].Value;
                if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    names.Add(name);
                }

                var number = names.FindIndex(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) + 1;
                return string.Create(CultureInfo.InvariantCulture, $"${number}");
            });
            statements.Add(new(sql, [.. names.Select(n => values[n])]));
        }

        return statements;
    }

    [GeneratedRegex("@([A-Za-z][A-Za-z0-9_]*)")]
    private static partial Regex Parameter();

    private void HearTransaction(string name)
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

    private sealed class Listener(Recorder recorder, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => category == "Npgsql.Transaction";

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (category == "Npgsql.Transaction" && eventId.Name is { } name)
            {
                recorder.HearTransaction(name);
            }
        }
    }
}
