namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// Rows by the set. Foreign keys are checked by hand, so to speak (every id comes from <c>bench</c>): without their triggers a million
/// tasks are there in seconds. The audit log keeps its trigger, which makes the hashes.
/// </summary>
internal static class SeedSql
{
    internal const int AuditRows = 200_000;

    internal const string Tenants = """
        set session_replication_role = replica;
        insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at)
        select tenant, organization, organization, now(), now() from bench;
        insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
        select admin, tenant, clerk_user, clerk_user || '@portal.example', 'Bench', 'admin', now(), now() from bench
        union all
        select member, tenant, clerk_user || '_member', clerk_user || '_member@portal.example', 'Member', 'agency', now(), now() from bench
        union all
        select gen_random_uuid(), tenant, clerk_user || '_' || n, clerk_user || '_' || n || '@portal.example', 'Person ' || md5(n::text),
               (array['agency', 'client'])[1 + n % 2], now() - make_interval(secs => n), now() from bench, generate_series(1, 60) n;
        insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
        select project, tenant, 'Project', admin, now() - interval '1 year', now() from bench
        union all
        select gen_random_uuid(), tenant, 'Project ' || md5(n::text), admin, now() - make_interval(hours => n), now() from bench,
           generate_series(1, 200) n;
        insert into portal.project_members (tenant_id, project_id, user_id, added_at)
        select tenant, project, member, now() from bench
        union all
        select tenant, id, member, now() from bench b,
               lateral (select p.id from portal.projects p where p.tenant_id = b.tenant and p.id <> b.project order by p.name_key
               limit 20) x
        union all
        select tenant, project, u.id, now() from bench b join portal.users u on u.tenant_id = b.tenant and u.id not in (b.admin, b.member);
        insert into portal.milestones (id, tenant_id, project_id, name, due_on, created_by, created_at, updated_at)
        select gen_random_uuid(), tenant, project, 'Milestone ' || n, current_date + n, admin, now(), now() from bench,
           generate_series(1, 200) n;
        """;

    internal const string Tasks = """
        insert into portal.tasks (id, tenant_id, project_id, milestone_id, title, description, status, priority, due_on, done_at,
           created_by, created_at, updated_at)
        select gen_random_uuid(), b.tenant, b.project, case when n % 5 = 0 then m.ids[1 + n / 5 % 200] end, 'Task ' || md5(n::text),
           repeat('word ', 10),
               (array['pending', 'in_progress', 'blocked', 'done', 'done', 'done', 'done'])[1 + n % 7],
               (array['low', 'normal', 'high', 'urgent'])[1 + n % 4],
               case when n % 3 > 0 then current_date + n % 365 - 60 end, case when n % 7 > 2 then at end, b.admin, at, at
          from bench b
          join (select tenant_id, array_agg(id) as ids from portal.milestones group by tenant_id) m on m.tenant_id = b.tenant,
               generate_series(1, case when b.number = 0 then @first else @others end) n,
               lateral (select now() - make_interval(secs => n) as at) x;
        """;

    internal const string Others = """
        insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at)
        select t.tenant_id, t.project_id, t.id, b.member, now() from portal.tasks t join bench b on b.tenant = t.tenant_id
           where t.id::text < '1';
        insert into portal.task_watchers (tenant_id, project_id, task_id, user_id, added_at)
        select t.tenant_id, t.project_id, t.id, b.admin, now() from portal.tasks t join bench b on b.tenant = t.tenant_id
           where t.id::text < '04';
        insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
        select asset, tenant, project, 'Cut one', admin, now(), now() from bench
        union all
        select gen_random_uuid(), p.tenant_id, p.id, 'Cut ' || md5(p.id::text), p.created_by, p.created_at, now() from portal.projects p;
        insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id,
           duration_s, aspect_ratio, created_at, updated_at)
        select coalesce(b.version, gen_random_uuid()), a.tenant_id, a.id, 1, 'ready', 'cut.mp4', 1000, a.id::text, a.id::text, 12.5,
           '16:9', now(), now()
          from portal.assets a left join bench b on b.asset = a.id;
        insert into portal.comments (id, tenant_id, seq, project_id, asset_id, asset_version_id, root_seq, author_id, visibility, body,
           frame, rate_numerator,
               rate_denominator, sort_frame, created_at, updated_at)
        select gen_random_uuid(), tenant, 1000 * number + n, project, asset, version, 1000 * number + n, case when n % 50 = 0 then member
           else admin end, 'client',
               'A remark', n * 7 % 300, 25, 1, n * 7 % 300, now(), now()
          from bench, generate_series(1, 1 + (900 * @scale)::integer) n;
        insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, read_at, created_at)
        select gen_random_uuid(), tenant, u.id, gen_random_uuid(), (array['task_assigned', 'comment_added', 'upload_ready'])[1 + n % 3],
           'task', gen_random_uuid(),
               case when n % 10 > 0 then now() end, now() - make_interval(mins => n)
          from bench join portal.users u on u.tenant_id = bench.tenant, generate_series(1, 1 + (30 * @scale)::integer) n;
        insert into portal.invites (id, tenant_id, email, role, status, expires_at, clerk_state, clerk_next_at, invited_by, created_at,
           updated_at)
        select gen_random_uuid(), tenant, 'guest' || n || '@portal.example', 'client', case when n % 10 = 0 then 'pending'
           else 'revoked' end, now() + interval '7 days', 'none',
               now(), admin, now() - make_interval(mins => n), now() from bench, generate_series(1, 200) n;
        insert into portal.milestone_templates (id, tenant_id, name, created_by, created_at, updated_at)
        select gen_random_uuid(), tenant, 'Template ' || n, admin, now() - make_interval(mins => n), now() from bench,
           generate_series(1, 100) n;
        insert into portal.milestone_template_versions (tenant_id, template_id, version, name, description, items, created_by, created_at)
        select tenant_id, id, 1, name, '', '[{"name": "Kick-off", "startDay": 0, "dueDay": 1, "tasks": []}]', created_by, now()
           from portal.milestone_templates;
        """;

    internal const string OfLinks = """
        insert into portal.share_link_guests (tenant_id, share_link_id, email, added_at)
        select l.tenant_id, l.id, b.clerk_user || '_' || (1 + 2 * n) || '@portal.example', now()
          from portal.share_links l join bench b on b.tenant = l.tenant_id, generate_series(0, 1) n;
        insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at, last_seen_at)
        select gen_random_uuid(), l.tenant_id, l.id, sha256(convert_to(l.id::text || n, 'UTF8')), '\x00', 'Chrome',
           now() - make_interval(mins => n), now()
          from portal.share_links l, generate_series(1, 5) n;
        """;

    internal const string Audit = """
        set session_replication_role = origin;
        insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, action, entity_type, entity_id, new_value, occurred_at)
        select gen_random_uuid(), tenant, 'user', case when n % 100 = 0 then member else admin end, case when n % 100 = 0
           then 'share_link_created' else 'task_updated' end,
               'task', gen_random_uuid(), '{"status": "pending"}', now() - make_interval(secs => n)
          from bench, generate_series(1, @each) n;
        insert into portal.playback_audit (id, tenant_id, asset_version_id, share_link_id, viewer_id, ip_hash, agent_family, minted_at,
           token_expires_at)
        select gen_random_uuid(), w.tenant_id, v.id, l.id, w.id, w.ip_hash, w.agent_family, now() - make_interval(secs => n), now()
          from portal.share_viewers w
          join portal.share_links l on l.tenant_id = w.tenant_id and l.id = w.share_link_id
          join portal.asset_versions v on v.tenant_id = l.tenant_id and v.asset_id = l.asset_id, generate_series(1, 20) n;
        insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, ip_hash, agent_family, minted_at, token_expires_at)
        select gen_random_uuid(), tenant, version, case when n % 100 = 0 then member else admin end, '\x00', 'Chrome',
               now() - make_interval(secs => n), now() from bench, generate_series(1, 200) n;
        """;
}
