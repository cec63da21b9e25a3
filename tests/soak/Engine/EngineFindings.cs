using Dapper;
using Npgsql;
using Portal.Runtime.Durable;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Engine;

/// <summary>What must hold once everything has settled and nobody runs any more.</summary>
public sealed class EngineFindings(string database)
{
    private const int Shown = 20;

    // Each line a rule: the query finds what breaks it.
    private static readonly (string Rule, string Query)[] Rules =
    [
        (
            "instance is not completed",
            "select format('%s %s: lane %s, status %s %s %s', name, id, lane, status, quarantine_reason, output) from durable.instances "
                + "where status <> 1"),
        ("root was never started", "select id from soak.todo t where not exists (select from durable.instances i where i.id = t.id)"),
        ("message left over", "select format('%s for %s: %s', b.id, b.key, b.event) from durable.inbox b"),
        ("lease left over", "select format('worker %s until %s', id, lease_until) from durable.workers where not dead and not stopped"),
        (
            "history of nobody",
            "select distinct key::text from durable.history h where not exists (select from durable.instances i where i.key = h.key)"),
    ];

    public async Task<IReadOnlyList<string>> ViolationsAsync(DurableEngine inspector, IDurableFunctions functions)
    {
        var found = new List<string>();
        await using var connection = new NpgsqlConnection(database);
        foreach (var (rule, query) in Rules)
        {
            found.AddRange((await connection.QueryAsync<string>(query, commandTimeout: 120)).Take(Shown).Select(row => $"{rule}: {row}"));
        }

        found.AddRange((await UnexpectedAsync(connection)).Take(Shown));
        try
        {
            await HistoryChecker.CheckAsync(inspector, functions);
        }
        catch (Xunit.Sdk.XunitException exception)
        {
            found.Add($"history: {exception.Message}");
        }

        return found;
    }

    public async Task<EngineFigures> FiguresAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        return await connection.QuerySingleAsync<EngineFigures>(
            """
            select (select count(*) from durable.instances) as instances, (select count(*) from durable.history) as steps,
                (select coalesce(sum(epoch - 1), 0) from durable.instances)::bigint as takeovers,
                (select count(*) from soak.effects) as effects, (select coalesce(sum(runs - 1), 0) from soak.effects)::bigint as runagain
            """,
            commandTimeout: 120);
    }

    /// <summary>Instances, outputs and effects that are not exactly what the workload asks for.</summary>
    private static async Task<List<string>> UnexpectedAsync(NpgsqlConnection connection)
    {
        var found = new List<string>();
        var roots = await connection.QueryAsync<(string Id, string Kind)>("select id, kind from soak.todo");
        var outputs = (
            await connection.QueryAsync<(string Id, string? Output)>(
                "select id, output from durable.instances")).ToDictionary(row => row.Id, row => row.Output);
        var effects = (await connection.QueryAsync<(string Instance, string Label, int Tasks)>(
                "select instance, label, count(*)::int from soak.effects group by 1, 2"))
            .GroupBy(row => row.Instance).ToDictionary(
                group => group.Key, group => group.ToDictionary(row => row.Label, row => row.Tasks));
        foreach (var (root, kind) in roots)
        {
            var wanted = $"\"{EngineWorkload.Output(kind)}\"";
            if (outputs.GetValueOrDefault(root) != wanted)
            {
                found.Add(
                $"output of {kind} {root}: {outputs.GetValueOrDefault(root)}, not {wanted}");
            }

            foreach (var (instance, expected) in EngineWorkload.Effects(kind, root))
            {
                if (!outputs.Remove(instance))
                {
                    found.Add($"{instance} of {kind} {root} is not there");
                }

                var seen = effects.GetValueOrDefault(instance) ?? [];
                effects.Remove(instance);
                if (!seen.OrderBy(pair => pair.Key, StringComparer.Ordinal).SequenceEqual(expected.OrderBy(pair => pair.Key,
                    StringComparer.Ordinal)))
                {
                    found.Add($"effects of {kind} {instance}: {Show(seen)}, not {Show(expected)}");
                }
            }
        }

        found.AddRange(outputs.Keys.Select(id => $"instance of nobody: {id}"));
        found.AddRange(effects.Keys.Select(id => $"effects of nobody: {id}"));
        return found;

        static string Show(IEnumerable<KeyValuePair<string, int>> counts) =>
            string.Join(' ', counts.Select(pair => $"{pair.Key}×{pair.Value}"));
    }
}

/// <param name="Instances">Sub-orchestrations included.</param>
/// <param name="RunAgain">Activities run once more because their process died before their answer was stored.</param>
public sealed record EngineFigures(long Instances, long Steps, long TakeOvers, long Effects, long RunAgain);
