using Dapper;
using Npgsql;
using Portal.LocalVendors;

namespace Portal.Local.Demo;

/// <summary>
/// Shows Mux's webhooks about one upload as the portal takes them in. What is in the inbox came in with a good signature: the rest is
/// answered 401 and not stored.
/// </summary>
internal sealed class WebhookWatch(LocalMux mux, NpgsqlDataSource data, string jobId)
{
    private readonly HashSet<string> shown = [];

    /// <summary>Whether Mux has told nothing that was not handled at the last look.</summary>
    public bool HasAll { get; private set; }

    /// <summary>What was handled since the last call, a line each.</summary>
    public async Task<IReadOnlyList<string>> NewsAsync(CancellationToken ct)
    {
        var ours = (await mux.WebhooksAsync(ct)).Where(
            each => !shown.Contains(each.EventId) && each.Body.ToJsonString().Contains(jobId, StringComparison.Ordinal)).ToList();
        HasAll = ours.Count == 0;
        if (HasAll)
        {
            return [];
        }

        await using var connection = await data.OpenConnectionAsync(ct);
        var handled = (await connection.QueryAsync<(string EventId, string Status, string? Outcome)>(
            "select event_id, status, outcome from portal.webhook_inbox where provider = 'mux' and event_id = any(@ids) and status <> "
                + "'received'",
            new { ids = ours.Select(each => each.EventId).ToArray() })).ToDictionary(row => row.EventId);
        var lines = new List<string>();
        foreach (var each in ours)
        {
            if (handled.TryGetValue(each.EventId, out var row) && shown.Add(each.EventId))
            {
                lines.Add($"webhook {each.Type}: signature good, {row.Status}{(row.Outcome is null ? "" : $" ({row.Outcome})")}");
            }
            else if (each.State is "given_up" && shown.Add(each.EventId))
            {
                lines.Add($"webhook {each.Type}: refused {each.Attempts} times");
            }
        }

        HasAll = lines.Count == ours.Count;
        return lines;
    }
}
