using System.Text.Json;

namespace Portal.Tests.Support.Statements;

/// <summary>What a run of the suite learned of one change of one statement.</summary>
/// <param name="Function">The database function whose text it is; null: a statement of the app.</param>
/// <param name="Sql">The statement; of a function nothing.</param>
/// <param name="Change">Which of its changes; null: the statement has been run.</param>
/// <param name="Invalid">It cannot run at all; else it did something else than the original.</param>
public sealed record StatementLine(string? Function, string? Sql, int? Change = null, bool Invalid = false)
{
    /// <summary>The original's text.</summary>
    /// <exception cref="KeyNotFoundException">There is no such function any more.</exception>
    public string Text => Sql ?? ChangedFunctions.Originals[Function!];
}

/// <summary>One file of each test process in the folder that <c>PORTAL_STATEMENTS</c> names: <c>soak -- statements</c> reads it.</summary>
public static class StatementLog
{
    private static readonly Lock OneAtATime = new();
    private static readonly Lazy<StreamWriter> File = new(() =>
        new(Path.Combine(Folder!, $"{Environment.ProcessId}.jsonl")) { AutoFlush = true });

    /// <summary>Null: nothing is changed, statements run as they are.</summary>
    public static string? Folder { get; } =
        Environment.GetEnvironmentVariable("PORTAL_STATEMENTS") is { Length: > 0 } folder ? folder : null;

    public static void Write(StatementLine line)
    {
        lock (OneAtATime)
        {
            File.Value.WriteLine(JsonSerializer.Serialize(line));
        }
    }

    public static IReadOnlyList<StatementLine> Read(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.jsonl").SelectMany(System.IO.File.ReadLines)
            .Select(line => JsonSerializer.Deserialize<StatementLine>(line)!),
    ];
}
