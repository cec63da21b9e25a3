using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Events;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Limits;
using Portal.Foundation.Outbox;
using Portal.Operations.Incidents;
using Portal.Postgres;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// From an act to its effects, step by step: events accepted with their audit rows, beside raw inserts of the same rows; events routed to
/// whom they concern; mails carried to the vendor by the durable engine.
/// </summary>
public static class Events
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        if (arguments.Wants("events-accept") || arguments.Wants("events-route"))
        {
            await using var database = await BenchmarkDatabase.CreateAsync(arguments.Database);
            await Migrator.ApplyAsync(database.ConnectionString);
            await using var owner = NpgsqlDataSource.Create(Pooled(database, null));
            await using var app = NpgsqlDataSource.Create(Pooled(database, "portal_app"));
            await using var system = NpgsqlDataSource.Create(Pooled(database, "portal_system"));
            await using var sources = new PortalDataSources(app, system);
            var db = new PortalDb(sources);
            var world = await EventWorld.FillAsync(owner, tenants: 20);
            if (arguments.Wants("events-accept"))
            {
                await AcceptAsync(db, owner, world, 8, TimeSpan.FromSeconds(2), print: false);
                await AcceptAsync(db, owner, world, 1, Span, print: true);
                await AcceptAsync(db, owner, world, 8, Span, print: true);
                await AcceptAsync(db, owner, world, 32, Span, print: true);
            }

            if (arguments.Wants("events-route"))
            {
                await RouteAsync(db, owner, world, 1000, print: false);
                await RouteAsync(db, owner, world, arguments.Count ?? 20_000, print: true);
            }
        }

        if (arguments.Wants("events-deliver"))
        {
            await EventDelivery.RunAsync(arguments.Count ?? 2000);
        }
    }

    /// <summary>AuditWriter.WriteAsync in tenant transactions, and the same two rows by raw Npgsql in one batch on the same
    /// table.</summary>
    private static async Task AcceptAsync(
        PortalDb db, NpgsqlDataSource owner, EventWorld world, int connections, TimeSpan span, bool print)
    {
        var audit = new AuditWriter(TimeProvider.System);
        var ours = await MeasureAsync(connections, span, random => WriteAsync(db, audit, world.Event(random, "task_status_changed")));
        var raw = await MeasureAsync(connections, span, random => RawAsync(owner, world.Event(random, "task_status_changed")));
        if (print)
        {
            var sorted = ours.Times.Order().ToArray();
            BenchmarkLine.Print("events-accept", new()
            {
                ["connections"] = connections,
                ["per_s"] = Math.Round(ours.PerSecond, 1),
                ["p50_ms"] = Math.Round(sorted[sorted.Length / 2], 2),
                ["p99_ms"] = Math.Round(sorted[(int)(sorted.Length * 0.99)], 2),
                ["raw_per_s"] = Math.Round(raw.PerSecond, 1),
                ["ratio"] = Math.Round(ours.PerSecond / raw.PerSecond, 2),
            });
        }

        await EmptyAsync(owner);
    }

    private static Task<bool> WriteAsync(PortalDb db, AuditWriter audit, MadeEvent e) => db.InTenantAsync(e.Tenant, async tx =>
    {
        var actor = new Actor("user", e.Actor.ToString(), null, null);
        await audit.WriteAsync(
            tx, e.Tenant, actor,
            new AuditEntry(
                "task_status_changed", e.AggregateType, e.Aggregate, new { status = "pending" }, e.Payload, EventType.Find(e.Type)));
        return true;
    }, CancellationToken.None);

    private static async Task<bool> RawAsync(NpgsqlDataSource owner, MadeEvent e)
    {
        await using var batch = owner.CreateBatch();
        var audit = new NpgsqlBatchCommand("""
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, old_value, new_value,
               occurred_at)
            values ($1, $2, 'user', $3, 'task_status_changed', 'task', $4, '{"status":"pending"}', $5::jsonb, $6)
            """);
        Add(audit, Guid.CreateVersion7(), e.Tenant.Value, e.Actor.ToString(), e.Aggregate, e.Json, TimeProvider.System.GetUtcNow());
        var row = new NpgsqlBatchCommand("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
            values ($1, $2, 'task', $3, 'task_status_changed', $4::jsonb, $5, $6)
            """);
        Add(row, Guid.CreateVersion7(), e.Tenant.Value, e.Aggregate, e.Json, e.Actor, TimeProvider.System.GetUtcNow());
        batch.BatchCommands.Add(audit);
        batch.BatchCommands.Add(row);
        await batch.ExecuteNonQueryAsync();
        return true;
    }

    private static void Add(NpgsqlBatchCommand command, params object[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    /// <summary>DispatchEvents over a backlog of events of eight types in twenty tenants.</summary>
    private static async Task RouteAsync(PortalDb db, NpgsqlDataSource owner, EventWorld world, int count, bool print)
    {
        await world.BacklogAsync(owner, count);
        var clock = TimeProvider.System;
        var hash = new PersonalHash(Options.Create(new PrivacyOptions { HashKey = Convert.ToBase64String(new byte[32]) }));
        var alerts = new AlertStore(db, [], new AlertTransitions(clock), clock, NullLogger<AlertStore>.Instance);
        var route = new DispatchEvents(
            db, new OutboxStore(db, clock), new RecipientStore(clock), new ReadModelStore(), new AnalyticsStore(db, clock), hash, alerts,
            [new UploadIncidentTransitions(clock)],
            NullLogger<DispatchEvents>.Instance);
        await using var meter = await ServerMeter.OpenAsync(owner);
        var before = (Server: await meter.ReadAsync(), Process: ProcessMeter.Read());
        var watch = Stopwatch.StartNew();
        var routed = await route.RunAsync(CancellationToken.None);
        watch.Stop();
        var server = await meter.ReadAsync() - before.Server;
        var process = ProcessMeter.Read() - before.Process;
        if (print)
        {
            await using var connection = await owner.OpenConnectionAsync();
            var (notifications, deliveries) = await connection.QuerySingleAsync<(int, int)>(
                "select (select count(*)::int from portal.notifications), (select count(*)::int from portal.deliveries)");
            BenchmarkLine.Print("events-route", new()
            {
                // With the events that routing itself writes.
                ["count"] = count,
                ["routed"] = routed,
                ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 3),
                ["per_s"] = Math.Round(count / watch.Elapsed.TotalSeconds, 1),
                ["notifications"] = notifications,
                ["deliveries"] = deliveries,
                ["app_cpu_us"] = Math.Round(process.Cpu.TotalMicroseconds / count),
                ["server_cpu_us"] = Math.Round(server.Cpu.TotalMicroseconds / count),
            });
        }

        await EmptyAsync(owner);
    }

    private static async Task EmptyAsync(NpgsqlDataSource owner)
    {
        await using var connection = await owner.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "truncate portal.outbox, portal.deliveries, portal.notifications, portal.analytics_raw, portal.project_progress, "
                + "portal.unread_counts, portal.events cascade", commandTimeout: 120);
    }

    private static async Task<(double PerSecond, IReadOnlyCollection<double> Times)> MeasureAsync(
        int connections, TimeSpan span, Func<Random, Task> act)
    {
        var times = new ConcurrentBag<double>();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (watch.Elapsed < span)
            {
                var began = Stopwatch.GetTimestamp();
                await act(random);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        })));
        return (times.Count / watch.Elapsed.TotalSeconds, times);
    }

    private static string Pooled(BenchmarkDatabase database, string? role) => new NpgsqlConnectionStringBuilder(database.ConnectionString)
    {
        MaxPoolSize = 40,
        Options = role is null ? null : $"-c role={role}",
    }.ConnectionString;
}
