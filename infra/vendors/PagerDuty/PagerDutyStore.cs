using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>The SQL of the local PagerDuty.</summary>
internal sealed class PagerDutyStore(VendorHost host)
{
    public async Task<IReadOnlyList<PagerIncident>> IncidentsAsync(string? dedupKey, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<IncidentRow>(
            """
            select id as Id, dedup_key as DedupKey, urgency as Urgency, status as Status, severity as Severity, summary as Summary,
                   source as Source, triggers as Triggers,
                   opened_at as OpenedAt, acknowledged_at as AcknowledgedAt, resolved_at as ResolvedAt
              from vendors.pagerduty_incidents where @dedupKey::text is null or dedup_key = @dedupKey order by seq
            """, new { dedupKey });
        return [.. rows.Select(row => new PagerIncident(
            row.Id, row.DedupKey, row.Urgency, row.Status, row.Severity, row.Summary, row.Source, row.Triggers, At(row.OpenedAt),
            row.AcknowledgedAt is { } acknowledged ? At(acknowledged) : null, row.ResolvedAt is { } resolved ? At(resolved) : null))];
    }

    public async Task<IReadOnlyList<PagerEvent>> EventsAsync(string? dedupKey, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<EventRow>(
            """
            select action as Action, dedup_key as DedupKey, incident_id as IncidentId, message::text as Message, created_at as CreatedAt
              from vendors.pagerduty_events where @dedupKey::text is null or dedup_key = @dedupKey order by seq
            """, new { dedupKey });
        return [
            .. rows.Select(
                row =>
                    new PagerEvent(row.Action, row.DedupKey, row.IncidentId, JsonNode.Parse(row.Message)!.AsObject(), At(row.CreatedAt)))
        ];
    }

    /// <summary>Opens an incident, or counts one trigger more of the open one: a key never has two that are open.</summary>
    public static Task<string?> TriggerAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string urgency, string key, string severity, string summary, string source,
        DateTimeOffset now) =>
        c.ExecuteScalarAsync<string?>(
            """
            insert into vendors.pagerduty_incidents as i (id, dedup_key, urgency, status, severity, summary, source, opened_at)
            values (@id, @key, @urgency, 'triggered', @severity, @summary, @source, @now)
            on conflict (urgency, dedup_key) where status <> 'resolved' do update set triggers = i.triggers + 1
            returning id
            """, new { id = "Q" + Ids.New(13), key, urgency, severity, summary, source, now = now.UtcDateTime }, t);

    /// <summary>Null: there is no open incident of this key at that service, so the event is dropped.</summary>
    public static Task<string?> MoveAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string? urgency, string key, bool resolve, DateTimeOffset now) =>
        c.ExecuteScalarAsync<string?>(
            """
            update vendors.pagerduty_incidents
               set status = case when @resolve then 'resolved' else 'acknowledged' end,
                   acknowledged_at = case when @resolve then acknowledged_at else coalesce(acknowledged_at, @now) end,
                   resolved_at = case when @resolve then @now end
             where dedup_key = @key and status <> 'resolved' and (@urgency::text is null or urgency = @urgency)
            returning id
            """, new { key, urgency, resolve, now = now.UtcDateTime }, t);

    public static Task KeepAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string action, string key, string? incident, JsonObject message, DateTimeOffset now) =>
        c.ExecuteAsync(
            "insert into vendors.pagerduty_events (action, dedup_key, incident_id, message, created_at) values (@action, @key, "
                + "@incident, @message::jsonb, @now)",
            new { action, key, incident, message = VendorReply.Text(message), now = now.UtcDateTime }, t);

    private static DateTimeOffset At(DateTime time) => new(time, TimeSpan.Zero);

    private sealed class IncidentRow
    {
        public string Id { get; init; } = "";

        public string DedupKey { get; init; } = "";

        public string Urgency { get; init; } = "";

        public string Status { get; init; } = "";

        public string Severity { get; init; } = "";

        public string Summary { get; init; } = "";

        public string Source { get; init; } = "";

        public int Triggers { get; init; }

        public DateTime OpenedAt { get; init; }

        public DateTime? AcknowledgedAt { get; init; }

        public DateTime? ResolvedAt { get; init; }
    }

    private sealed class EventRow
    {
        public string Action { get; init; } = "";

        public string DedupKey { get; init; } = "";

        public string? IncidentId { get; init; }

        public string Message { get; init; } = "{}";

        public DateTime CreatedAt { get; init; }
    }
}
