using System.Collections.Concurrent;
using Npgsql;

namespace Portal.Tests.Support.Statements;

/// <summary>
/// Runs a statement with each of its changes that nobody has told apart yet, before it runs as it is, and undoes them. A change that does
/// the same as the original in all tests is one that no test can notice.
/// </summary>
internal static class StatementProbe
{
    private static readonly ConcurrentDictionary<string, ChangedStatement> Statements = new();
    private static readonly ConcurrentDictionary<string, ChangedStatement> Functions = new();

    public static async Task RunAsync(NpgsqlTransaction transaction, string sql, object? args)
    {
        var changed = Statements.GetOrAdd(
            sql, text => new(new(null, text), SqlChange.Of(text), [.. ChangedFunctions.CalledBy(text).Select(Function)]));
        var own = changed.Due().Select(index => (changed, index, changed.Changes[index].Apply(sql)));
        var due = own.Concat(changed.Called.SelectMany(function => function.Due()
            .Select(index => (function, index, ChangedFunctions.InStatement(sql, function.Original.Function!, index))))).ToList();
        if (due.Count == 0)
        {
            return;
        }

        var writes = changed.Called.Count > 0 || !sql.TrimStart().StartsWith("select", StringComparison.OrdinalIgnoreCase);
        var one = await Observation.OfAsync(transaction, sql, args, writes);
        var other = await Observation.OfAsync(transaction, sql, args, writes);
        if (one.Waited || other.Waited)
        {
            return;
        }

        foreach (var (statement, index, text) in due)
        {
            statement.Met(index, await Observation.OfAsync(transaction, text, args, writes), one, other);
        }
    }

    private static ChangedStatement Function(string name) =>
        Functions.GetOrAdd(name, function => new(new(function, null), ChangedFunctions.Of(function), []));

    /// <summary>A statement, or a function's text, and what is left of its changes.</summary>
    private sealed class ChangedStatement
    {
        // As often as this it is tried at each run; a change that does nothing has cost enough by then, and is tried now and then.
        private const int Often = 150;
        private const int Seldom = 10;

        private readonly ConcurrentDictionary<int, int> left;

        public ChangedStatement(StatementLine original, IReadOnlyList<SqlChange> changes, IReadOnlyList<ChangedStatement> called)
        {
            (Original, Changes, Called) = (original, changes, called);
            left = new(Enumerable.Range(0, changes.Count).Select(index => KeyValuePair.Create(index, 0)));
            StatementLog.Write(original);
        }

        public StatementLine Original { get; }

        public IReadOnlyList<SqlChange> Changes { get; }

        /// <summary>The functions that it calls itself.</summary>
        public IReadOnlyList<ChangedStatement> Called { get; }

        public IEnumerable<int> Due() =>
            left.Where(change => change.Value < Often || Random.Shared.Next(Seldom) == 0).Select(change => change.Key);

        public void Met(int index, Observation observed, Observation one, Observation other)
        {
            var invalid = observed.Invalid && one.Fault != observed.Fault;
            if (!invalid && (observed.Waited || !observed.DiffersFrom(one, other)))
            {
                left.AddOrUpdate(index, 1, (_, times) => times + 1);
            }
            else if (left.TryRemove(index, out _))
            {
                StatementLog.Write(Original with { Change = index, Invalid = invalid });
            }
        }
    }
}
