using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Alerts;

/// <summary>Something on-call must know. <paramref name="DedupKey"/> joins repeats of the same trouble into one open alert.</summary>
/// <param name="Summary">Of an error or worse it is what PagerDuty is told: ids and states only.</param>
/// <param name="Details">Ids and states only; no personal values, no titles, no tokens. The database reads off them whether the cause is
/// gone (<c>infra/postgres/functions/alerts_over.sql</c>).</param>
public sealed record Alert(AlertKind Kind, string DedupKey, string Summary, object? Details = null);

/// <summary>Raises an alert, for what knows no database: <see cref="AlertStore.AddAsync(Alert, CancellationToken)"/>.</summary>
public delegate Task RaiseAlert(Alert alert, CancellationToken ct);

/// <summary>Ends an alert whose cause is gone, likewise:
/// <see cref="AlertStore.ResolveAsync(AlertKind, string, CancellationToken)"/>.</summary>
public delegate Task EndAlert(AlertKind kind, string dedupKey, CancellationToken ct);

/// <summary>
/// What makes incidents of alerts. Each call is part of the transaction of the alert, and the incident is held before the alert is
/// touched, always in this order.
/// </summary>
public interface IAlertSubscriber
{
    /// <summary>Told of every alert, repeats included. The incident that it is part of; null: none.</summary>
    Task<IncidentId?> RaisedAsync(Tx tx, Alert alert);

    /// <summary>Holds an incident of which an alert is about to move.</summary>
    Task HoldAsync(Tx tx, IncidentId incident);

    /// <summary>An alert of it was acknowledged or is over: it is acknowledged when all of them are, and over when all are.</summary>
    Task MovedAsync(Tx tx, IncidentId incident, Actor actor);
}

/// <summary>
/// Raises alerts, one open row per (kind, key) that counts repeats, and one log line at Error; and ends those whose cause is gone.
/// </summary>
public sealed partial class AlertStore(
    PortalDb db, IEnumerable<IAlertSubscriber> subscribers, AlertTransitions moves, TimeProvider clock, ILogger<AlertStore> logger)
{
    private const int LongestSummary = 1024;
    private const int LongestKey = 255;

    private const string Raise = """
        insert into portal.alerts (id, kind, dedup_key, severity, summary, details, first_at, last_at, incident_id)
        values (@id, @kind, @dedupKey, @severity, @summary, @details::jsonb, @now, @now, @incident)
        on conflict (kind, dedup_key) where resolved_at is null
        do update set times = portal.alerts.times + 1, last_at = @now, summary = excluded.summary, details = excluded.details,
                      incident_id = coalesce(excluded.incident_id, portal.alerts.incident_id)
        """;

    private const string OpenOnes = "select id, incident_id from portal.alerts where resolved_at is null and kind = any(@kinds)";

    private static readonly Actor Causes = Actor.System("alerts");

    public async Task AddAsync(Alert alert, CancellationToken ct)
    {
        await db.AcrossTenantsAsync(tx => AddAsync(tx, alert), ct);
        Log.Raised(logger, alert.Kind.Name, alert.DedupKey, alert.Kind.Severity, alert.Summary);
    }

    /// <summary>The same inside a running transaction across tenants: the alert stands or falls with the change.</summary>
    public async Task<int> AddAsync(Tx tx, Alert alert)
    {
        var now = clock.GetUtcNow();

        // What raises an alert must not fail for its words: a vendor's answer may be in them.
        alert = alert with { DedupKey = Shortened(alert.DedupKey, LongestKey), Summary = Shortened(alert.Summary, LongestSummary) };
        IncidentId? incident = null;
        foreach (var subscriber in subscribers)
        {
            incident = await subscriber.RaisedAsync(tx, alert) ?? incident;
        }

        return await tx.ExecuteAsync(Raise, new
        {
            id = NewKey.At<AlertId>(now),
            kind = alert.Kind.Name,
            dedupKey = alert.DedupKey,
            severity = alert.Kind.Severity,
            summary = alert.Summary,
            details = JsonSerializer.Serialize(alert.Details ?? new { }, JsonSerializerOptions.Web),
            now,
            incident = incident?.Value,
        });
    }

    public Task ResolveAsync(AlertKind kind, string dedupKey, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => ResolveAsync(tx, kind, dedupKey), ct);

    /// <summary>Its cause is gone: the next one of that kind and key is a new alert. True: there was an open one.</summary>
    public async Task<bool> ResolveAsync(Tx tx, AlertKind kind, string dedupKey) =>
        await tx.QueryOneAsync<OpenAlert>($"{OpenOnes} and dedup_key = @dedupKey", new { kinds = Names([kind]), dedupKey }) is { } open
        && await EndAsync(tx, open);

    /// <summary>
    /// Ends the alerts of these kinds that were not raised since: for whoever has looked at everything, and raised again all that is still
    /// wrong. How many.
    /// </summary>
    public async Task<int> ResolveUnseenAsync(IEnumerable<AlertKind> kinds, DateTimeOffset since, CancellationToken ct) =>
        await EndEachAsync(
            await db.AcrossTenantsAsync(
                tx => tx.QueryAsync<OpenAlert>($"{OpenOnes} and last_at < @since", new { kinds = Names(kinds), since }), ct), ct);

    /// <summary>Ends the alerts whose rows say that their cause is gone, and those that stayed quiet. How many.</summary>
    public async Task<int> ResolveOverAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var over = await db.AcrossTenantsAsync(tx => tx.QueryAsync<OpenAlert>(
            "select a.id, a.incident_id from portal.alerts_over(@now) o join portal.alerts a on a.id = o.id", new { now }), ct);
        var ended = await EndEachAsync(over, ct);
        foreach (var kinds in AlertKind.All.Where(kind => kind.QuietFor is not null).GroupBy(kind => kind.QuietFor!.Value))
        {
            ended += await ResolveUnseenAsync(kinds, now - kinds.Key, ct);
        }

        return ended;
    }

    private async Task<int> EndEachAsync(IReadOnlyList<OpenAlert> over, CancellationToken ct)
    {
        var ended = 0;
        foreach (var alert in over)
        {
            ended += await db.AcrossTenantsAsync(tx => EndAsync(tx, alert), ct) ? 1 : 0;
        }

        return ended;
    }

    private async Task<bool> EndAsync(Tx tx, OpenAlert alert)
    {
        foreach (var subscriber in alert.IncidentId is null ? [] : subscribers)
        {
            await subscriber.HoldAsync(tx, alert.IncidentId!.Value);
        }

        var ended = await moves.ResolveAsync(tx, alert.Id, null);
        foreach (var subscriber in alert.IncidentId is null || !ended ? [] : subscribers)
        {
            await subscriber.MovedAsync(tx, alert.IncidentId!.Value, Causes);
        }

        return ended;
    }

    private static string Shortened(string text, int longest) =>
        text.Length == 0 ? "(nothing said)" : text.Length <= longest ? text : text[..longest];

    private static string[] Names(IEnumerable<AlertKind> kinds) => [.. kinds.Select(kind => kind.Name)];

    private sealed record OpenAlert(AlertId Id, IncidentId? IncidentId);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Alert {Kind} [{DedupKey}] {Severity}: {Summary}")]
        public static partial void Raised(ILogger logger, string kind, string dedupKey, string severity, string summary);
    }
}
