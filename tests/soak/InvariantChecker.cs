namespace Portal.Tests.Soak;

/// <summary>What the rows say about uploads that were killed: how far one is, what is unfinished, and what must never be so.</summary>
public sealed class InvariantChecker(LivePortal portal)
{
    /// <summary>What shows in the rows of an upload, in the order of the pipeline.</summary>
    public static List<string> Steps { get; } =
        [
            "nothing", "committed", "orchestrated", "started", "create intended", "opened at Mux", "webhook stored", "processing", "ready",
            "webhook done", "completed"
        ];

    // Each line a rule: the query finds what breaks it.
    private static readonly (string Rule, string Query)[] Rules =
    [
        (
            "upload is not ready",
            "select format('%s is %s %s', id, status, failure_reason) from portal.upload_jobs where status <> 'ready'"),
        ("asset version is not ready", "select format('%s is %s', id, status) from portal.asset_versions where status <> 'ready'"),
        ("upload used another attempt", "select id::text from portal.upload_jobs where attempt <> 1"),
        ("not one audit row each of asset_uploaded and mux_asset_ready", """
            select format('%s: %s', j.id, string_agg(a.action, ', ')) from portal.upload_jobs j left join portal.audit_log a
               on a.entity_id = j.id group by j.id
            having count(*) filter (where a.action = 'asset_uploaded') <> 1 or count(*) filter (where a.action = 'mux_asset_ready') <> 1
            """),
        ("not one event each of asset_uploaded and mux_asset_ready", """
            select format('%s: %s', j.id, string_agg(e.type, ', ')) from portal.upload_jobs j left join portal.events e
               on e.aggregate_id = j.id group by j.id
            having count(*) filter (where e.type = 'asset_uploaded') <> 1 or count(*) filter (where e.type = 'mux_asset_ready') <> 1
            """),
        ("orchestration missing or not completed", """
            select format('%s: lane %s, status %s %s', j.id, i.lane, i.status, i.quarantine_reason) from portal.upload_jobs j
            left join durable.instances i on i.id = j.id || '-1' where i.lane is distinct from 1
            """),
        ("orchestration of no upload and no delivery", """
            select i.id from durable.instances i
             where not exists (select from portal.upload_jobs j where i.id = j.id || '-1')
               and not exists (select from portal.deliveries d where i.id = 'deliver-' || d.id || '-' || d.attempt)
            """),
        ("not one live Mux asset", """
            select format('%s: %s live', j.id, count(a.id)) from portal.upload_jobs j
            left join vendors.mux_assets a on a.passthrough = j.id::text and a.deleted_at is null group by j.id having count(a.id) <> 1
            """),
        ("Mux asset is not the upload's", """
            select a.id from vendors.mux_assets a where a.deleted_at is null
            and not exists (select from portal.upload_jobs j where j.mux_asset_id = a.id and a.passthrough = j.id::text)
            """),
        ("clean-up is not done", "select mux_asset_id from portal.mux_cleanups where done_at is null"),
        // Mux's: mails about what became ready are still coming and going.
        (
            "webhook is not processed",
            "select format('%s %s is %s: %s', type, event_id, status, last_error) from portal.webhook_inbox where provider = 'mux' and "
                + "status <> 'processed'"),
    ];

    /// <summary>The furthest step of the upload of that file.</summary>
    public async Task<string> StepAsync(string fileName)
    {
        var step = await portal.QueryAsync<int>("""
            select case
                when i.lane > 0 then 10
                when w.done and j.status = 'ready' then 9
                when j.status = 'ready' then 8
                when j.status = 'processing' then 7
                when w.event_id is not null then 6
                when j.mux_upload_id is not null then 5
                when j.mux_create_at is not null then 4
                when j.started_at is not null then 3
                when i.id is not null then 2
                else 1 end
            from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id and v.file_name = @fileName
            left join durable.instances i on i.id = j.id || '-1'
            left join lateral (
                select max(w.event_id) as event_id, bool_and(w.status = 'processed') as done from portal.webhook_inbox w
                where j.mux_upload_id is not null and strpos(w.body, j.id::text) > 0) w on true
            """, new { fileName });
        return Steps[step is [var at] ? at : 0];
    }

    /// <summary>What still has to happen, in a few words; empty: all is settled.</summary>
    public async Task<IReadOnlyList<string>> UnfinishedAsync() => await portal.QueryAsync<string>("""
        select count(*) || ' uploads ' || status from portal.upload_jobs where status in ('waiting', 'processing') group by status
        union all select count(*) || ' orchestrations' from durable.instances where lane = 0 and quarantine_reason is null
        having count(*) > 0
        union all select count(*) || ' stored webhooks' from portal.webhook_inbox where status in ('received', 'retrying')
        having count(*) > 0
        union all select count(*) || ' clean-ups' from portal.mux_cleanups where done_at is null having count(*) > 0
        union all select count(*) || ' webhooks at Mux' from vendors.webhooks where vendor = 'mux' and state in ('waiting', 'held')
        having count(*) > 0
        """);

    public async Task<IReadOnlyList<string>> ViolationsAsync()
    {
        var found = new List<string>();
        foreach (var (rule, query) in Rules)
        {
            found.AddRange((await portal.QueryAsync<string>(query)).Select(row => $"{rule}: {row}"));
        }

        return found;
    }

    /// <summary>Mux uploads that a killed process opened and nobody remembers: without bytes, so they cost nothing.</summary>
    public async Task<int> SpareMuxUploadsAsync() => (await portal.QueryAsync<int>(
        "select count(*)::int from vendors.mux_uploads u where not exists (select from portal.upload_jobs j where j.mux_upload_id = u.id)"))[0];

    /// <summary>How often an orchestration was taken over.</summary>
    public async Task<int> TakeOversAsync() =>
        (await portal.QueryAsync<int>("select coalesce(sum(epoch - 1), 0)::int from durable.instances"))[0];

    public async Task<IReadOnlyDictionary<string, int>> AlertsAsync() =>
        (await portal.QueryAsync<AlertCount>("select kind, sum(times)::int as times from portal.alerts group by kind order by kind"))
        .ToDictionary(alert => alert.Kind, alert => alert.Times);

    private sealed record AlertCount(string Kind, int Times);
}
