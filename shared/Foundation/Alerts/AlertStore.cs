using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;

namespace Portal.Foundation.Alerts;

/// <summary>Something on-call must know. <paramref name="DedupKey"/> joins repeats of the same trouble into one open alert.</summary>
/// <param name="Summary">Of a critical one it is what PagerDuty is told: ids and states only.</param>
/// <param name="Details">Ids and states only; no personal values, no titles, no tokens.</param>
public sealed record Alert(AlertKind Kind, string DedupKey, string Summary, object? Details = null);

/// <summary>Raises an alert, for what knows no database: <see cref="AlertStore.AddAsync(Alert, CancellationToken)"/>.</summary>
public delegate Task RaiseAlert(Alert alert, CancellationToken ct);

/// <summary>Told of every alert, repeats included, in the transaction that raises it.</summary>
public interface IAlertSubscriber
{
    Task RaisedAsync(Tx tx, Alert alert);
}

/// <summary>
/// Raises alerts: one open row per (kind, key) that counts repeats, and one log line at Error. Subscribers add what follows from one in
/// the same transaction.
/// </summary>
public sealed partial class AlertStore(
    PortalDb db, IEnumerable<IAlertSubscriber> subscribers, TimeProvider clock, ILogger<AlertStore> logger)
{
    private const int LongestSummary = 1024;
    private const int LongestKey = 255;

    private const string Raise = """
        insert into portal.alerts (id, kind, dedup_key, severity, summary, details, first_at, last_at)
        values (@id, @kind, @dedupKey, @severity, @summary, @details::jsonb, @now, @now)
        on conflict (kind, dedup_key) where resolved_at is null
        do update set times = portal.alerts.times + 1, last_at = @now, summary = excluded.summary, details = excluded.details
        """;

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
        foreach (var subscriber in subscribers)
        {
            await subscriber.RaisedAsync(tx, alert);
        }

        return await tx.ExecuteAsync(Raise, new
        {
            id = Guid.CreateVersion7(now),
            kind = alert.Kind.Name,
            dedupKey = alert.DedupKey,
            severity = alert.Kind.Severity,
            summary = alert.Summary,
            details = JsonSerializer.Serialize(alert.Details ?? new { }, JsonSerializerOptions.Web),
            now,
        });
    }

    /// <summary>It is over: the next one of that kind and key is a new alert. True: there was an open one.</summary>
    public async Task<bool> ResolveAsync(Tx tx, AlertKind kind, string dedupKey) => await tx.ExecuteAsync("""
        update portal.alerts set resolved_at = @now where kind = @kind and dedup_key = @dedupKey and resolved_at is null
        """, new { kind = kind.Name, dedupKey, now = clock.GetUtcNow() }) == 1;

    private static string Shortened(string text, int longest) =>
        text.Length == 0 ? "(nothing said)" : text.Length <= longest ? text : text[..longest];

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Alert {Kind} [{DedupKey}] {Severity}: {Summary}")]
        public static partial void Raised(ILogger logger, string kind, string dedupKey, string severity, string summary);
    }
}
