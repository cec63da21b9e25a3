using Portal.Compliance;
using Portal.Compliance.Erasure;

namespace Portal.Tests.Soak.Erasures;

/// <summary>
/// What must be so when everybody is erased: each once, named nowhere, and every certificate true. What a tenant's says of rows is
/// compared with what the database has counted by itself, in triggers; what it says of vendors with what is left there.
/// </summary>
public sealed class EraseFindings(LivePortal portal, string domain)
{
    /// <summary>Tables of which a full tenant has at least a row: most.</summary>
    private const int FullTables = 35;

    /// <summary>What time changes of a tenant that nobody touches: roll-ups, reminders, uploads that wait, seals, mails.</summary>
    private static readonly string[] Living =
    [
        "alerts", "analytics_raw", "analytics_rollups", "asset_versions", "assets", "audit_archive", "audit_archives", "audit_log",
        "audit_seals", "deliveries", "digests", "events", "exports", "idempotency_keys", "incidents", "limit_figures", "mux_tasks",
        "notifications", "outbox", "playback_archive", "playback_audit", "project_progress", "rate_windows", "residency_reports",
        "share_links",
        "share_viewers", "unread_counts", "upload_attempts", "upload_jobs", "usage_days", "vendor_review_reminders",
    ];

    private static IEnumerable<string> Deleted { get; } =
        TablePlans.All.Where(plan => plan.Tenant is { Did: TableErasure.Deletes }).Select(plan => plan.Table);

    /// <summary>From here on the database counts rows that functions which erase delete or replace: they run as its owner.</summary>
    public async Task CountRowsAsync()
    {
        await portal.ExecuteAsync("""
            create schema soak;
            create table soak.touched (tenant text, what text);
            create table soak.asked (erasure uuid, who text);
            create function soak.note() returns trigger language plpgsql as $$
            begin
              if current_user = (select proowner::regrole::text from pg_proc where proname = 'erase_tenant_rows') then
                insert into soak.touched values (current_setting('app.tenant_id', true), tg_table_name);
              end if;
              return null;
            end $$;
            create trigger note after update on portal.webhook_inbox for each row
              when (new.body = '{}' and old.body <> '{}') execute function soak.note();
            create trigger note after update on portal.tenants for each row
              when (new.clerk_org_id <> old.clerk_org_id) execute function soak.note();
            """);
        foreach (var table in Deleted)
        {
            await portal.ExecuteAsync(
                $"create trigger note after delete on portal.{table} for each row execute function soak.note()");
        }
    }

    /// <summary>Of all that a tenant has, but for what time does to it.</summary>
    public async Task<string> ChecksumAsync(Guid tenant)
    {
        var sums = new List<string>();
        foreach (var table in await portal.QueryAsync<string>("""
            select c.table_name::text from information_schema.columns c
             where c.table_schema = 'portal' and c.column_name = 'tenant_id' and c.table_name <> all (@Living) order by 1
            """, new { Living }))
        {
            sums.AddRange(await portal.QueryAsync<string>(
                $"select '{table} ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '-') from portal.{table} t "
                    + "where tenant_id = @tenant", new { tenant }));
        }

        return string.Join('\n', sums);
    }

    /// <param name="asked">How many erasures were asked for.</param>
    public async Task<List<string>> ViolationsAsync(int asked, IEnumerable<LeavingTenant> tenants)
    {
        List<string> violations =
        [
            .. await portal.QueryAsync<string>("""
                select format('erasure %s of a %s is %s with %s certificates, completed %s times: %s (%s)', e.id, e.kind, e.status,
                              (select count(*) from portal.erasure_certificates c where c.erasure_id = e.id),
                              (select count(*) from portal.audit_log a where a.entity_id = e.id and a.action = 'erasure_completed'),
                              e.last_error,
                              (select string_agg(concat_ws(' ', i.id, i.status, i.quarantine_reason), ', ') from durable.instances i
                                where i.id like '%' || e.id || '%'))
                  from portal.erasure_requests e
                 where e.status <> 'completed'
                    or (select count(*) from portal.erasure_certificates c where c.erasure_id = e.id) <> 1
                    or (select count(*) from portal.audit_log a where a.entity_id = e.id and a.action = 'erasure_completed') <> 1
                """),
        ];
        if (await CountAsync("select count(*) from portal.erasure_requests") is var requests && requests != asked)
        {
            violations.Add($"{asked} erasures were asked for, {requests} were made");
        }

        if (await CountAsync("""
            select count(*) from portal.erasure_certificates c where not coalesce((
                select bool_or(d ->> 'table' = 'webhook_inbox' and (d ->> 'rows')::int >= 1)
                  from jsonb_array_elements(c.document::jsonb -> 'data') d), false)
            """) is var untrue and > 0)
        {
            violations.Add($"{untrue} certificates do not tell of the webhook that named their subject");
        }

        violations.AddRange(await KeptTextsAsync());
        // Clerk keeps invitations that are over, and the certificate says so.
        foreach (var table in await portal.QueryAsync<string>("""
            select format('%I.%I', schemaname, tablename) from pg_tables
             where (schemaname in ('portal', 'durable') and tablename <> 'webhook_inbox')
               or (schemaname = 'vendors' and tablename like 'clerk%' and tablename <> 'clerk_invitations')
            order by 1
            """))
        {
            if (await CountAsync($"select count(*) from {table} t where t::text like @name", new { name = $"%{domain}%" }) is var found
                and > 0)
            {
                violations.Add($"{found} rows of {table} still name somebody");
            }
        }

        foreach (var tenant in tenants)
        {
            violations.AddRange((await UntrueAsync(tenant)).Select(what => $"the certificate of {tenant.Admin}'s portal: {what}"));
        }

        return violations;
    }

    /// <summary>Webhooks that had come when the erasure of whom they name was certified, and still name them. What a vendor repeats later,
    /// after the app was down, is kept as any other.</summary>
    private Task<IReadOnlyList<string>> KeptTextsAsync() => portal.QueryAsync<string>("""
        select format('a webhook of %s, %s, %s, came before a certificate and names %s', w.provider, w.type, w.status, said.name)
          from portal.webhook_inbox w, lateral (select substring(w.body from '[a-z0-9-]+@' || @domain) as name) said
         where said.name is not null and w.received_at < (
               select c.created_at from soak.asked a join portal.erasure_certificates c on c.erasure_id = a.erasure
                where said.name ~ ('(^|-)' || a.who || '(-[a-z]+)?@'))
        """, new { domain });

    /// <summary>Whose erasure that is: the beginning of an address, or what its parts have in common.</summary>
    public async Task AskedAsync(Guid erasure, string who) => await portal.QueryAsync<int>(
        "insert into soak.asked values (@erasure, @who) returning 1", new { erasure, who });

    /// <summary>What a tenant's certificate says and is not so.</summary>
    private async Task<IReadOnlyList<string>> UntrueAsync(LeavingTenant tenant)
    {
        if (await portal.QueryAsync<string>("""
            select c.document from portal.erasure_certificates c join portal.erasure_requests e on e.id = c.erasure_id
             where e.tenant_id = @Id and e.kind = @Kind
            """, new { tenant.Id, Kind = SubjectKind.Tenant }) is not [var document])
        {
            return ["is not there"];
        }

        var certificate = ErasureCertificates.Read(document);
        var untrue = new List<string>();
        var touched = (await portal.QueryAsync<(string Table, long Rows)>(
            "select what, count(*) from soak.touched where tenant = @id group by what", new { id = tenant.Id.ToString() }))
            .ToDictionary(of => of.Table, of => of.Rows);
        foreach (var line in certificate.Data.Where(line => line.Did != TableErasure.Keeps))
        {
            Same($"rows of {line.Table}", line.Rows, touched.GetValueOrDefault(line.Table));
        }

        var full = touched.Count >= FullTables && touched.GetValueOrDefault("analytics_raw") >= LeavingTenant.Measured;
        Same("it was full", full, true);
        // One event may be on its way: that the erasure is completed.
        foreach (var table in Deleted.Where(table => table != "outbox"))
        {
            Same($"rows left of {table}", await CountAsync($"select count(*) from portal.{table} where tenant_id = @Id", tenant), 0);
        }

        var jobs = tenant.Uploads.Select(id => id.ToString()).ToArray();
        Same("videos left at Mux", await CountAsync(
            "select count(*) from vendors.mux_assets where passthrough = any (@jobs) and deleted_at is null", new { jobs }), 0);
        var (assets, uploads) = (
            await CountAsync("select count(*) from vendors.mux_assets where passthrough = any (@jobs)", new { jobs }),
            await CountAsync(
                "select count(*) from vendors.mux_uploads where asset_id is null and settings ->> 'passthrough' = any (@jobs)",
                new { jobs }));
        Same("uploads that wait at Mux", await CountAsync(
            "select count(*) from vendors.mux_uploads where status = 'waiting' and settings ->> 'passthrough' = any (@jobs)",
            new { jobs }), 0);
        Same("files left in the store", await CountAsync(
            "select count(*) from vendors.blob_objects where pathname like 'exports/' || @Id || '/%' or pathname = any (@originals)",
            new { tenant.Id, originals = jobs.Select(job => $"originals/{job}").ToArray() }), 0);
        var people = await portal.Clerk.PeopleAsync();
        Same("members left at Clerk", people.Count(person => person.OrganizationId == tenant.Organization), 0);
        Same("members of others there", people.Count(person => person.UserId == tenant.Elsewhere), 1);
        Same("invitations left there", await CountAsync(
            "select count(*) from vendors.clerk_invitations where organization_id = @Organization", tenant), 0);

        var processors = certificate.Processors.ToDictionary(processor => processor.Name);
        Says("Mux", processors["Mux"].Did, $"{assets} assets were deleted");
        Says("Mux", processors["Mux"].Holds, $"({uploads} without an asset)");
        Says("Vercel Blob", processors["Vercel Blob"].Did, "1 originals and 1 copies");
        Says("Clerk", processors["Clerk"].Did, $"{LeavingTenant.People} were deleted, 1 are members of other");
        return untrue;

        void Same<T>(string what, T? found, T? wanted)
        {
            if (!Equals(found, wanted))
            {
                untrue.Add($"{what}: {found}, not {wanted}");
            }
        }

        void Says(string who, string? text, string wanted)
        {
            if (text?.Contains(wanted, StringComparison.Ordinal) != true)
            {
                untrue.Add($"of {who} it says “{text}”, not “{wanted}”");
            }
        }
    }

    private async Task<long> CountAsync(string sql, object? args = null) => (await portal.QueryAsync<long>(sql, args)).Single();
}
