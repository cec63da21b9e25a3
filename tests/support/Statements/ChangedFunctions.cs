using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Npgsql;
using Portal.Postgres;

namespace Portal.Tests.Support.Statements;

/// <summary>
/// The database functions, each once more for each of its changes: <c>portal.erase_person__7</c> has the eighth. A statement is tried with
/// them in place of the originals that it calls. What functions call of each other, and what triggers and policies call, stays as it is.
/// </summary>
public static class ChangedFunctions
{
    /// <summary>Texts by name.</summary>
    public static IReadOnlyDictionary<string, string> Originals { get; } =
        DatabaseFunction.In().ToDictionary(function => function.Name, function => function.Sql);

    /// <summary>Those of the bodies, not of the heads.</summary>
    public static IReadOnlyList<SqlChange> Of(string function) =>
        [.. SqlChange.Of(Originals[function]).Where(change => IsInBody(Originals[function], change.Start))];

    /// <summary>A statement that calls it, with one of its changes.</summary>
    public static string InStatement(string sql, string function, int change) =>
        Regex.Replace(sql, $@"\b(portal\.)?{function}\(", $"portal.{function}__{change}(");

    /// <summary>Which of them a statement calls itself.</summary>
    public static IEnumerable<string> CalledBy(string sql) => Originals.Keys.Where(function => Regex.IsMatch(sql, $@"\b{function}\("));

    /// <summary>Makes all of them in a database.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Texts of the schema's own functions.")]
    public static async Task MakeAsync(string address)
    {
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync();
        foreach (var (function, sql) in Originals)
        {
            foreach (var (index, change) in Of(function).Index())
            {
                try
                {
                    await using var command = new NpgsqlCommand(InStatement(change.Apply(sql), function, index), connection);
                    await command.ExecuteNonQueryAsync();
                }
                catch (PostgresException)
                {
                    StatementLog.Write(new(function, null, index, Invalid: true));
                }
            }
        }
    }

    private static bool IsInBody(string sql, int at) => sql.AsSpan(0, at).Count("$$") % 2 == 1;
}
