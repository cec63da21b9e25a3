namespace Portal.Tests.Integration.Compliance;

/// <summary>Somebody whose data is copied, with a row of everything.</summary>
/// <param name="User">Null: a guest, known by address and viewer.</param>
/// <param name="Asset">A video that a person uploaded.</param>
/// <param name="Day">Of January: tells two subjects apart where a record has no id.</param>
internal sealed record CopiedSubject(
    Guid Tenant, string Kind, Guid? User, string Address, string Hash, Guid Viewer, Guid Link, Guid Asset, Guid Project, Guid Task,
    int Day, DateTimeOffset Now)
{
    /// <summary>A row in every table that a copy is of, but for what people write and do.</summary>
    public const string Rows = """
        insert into portal.notifications (id, tenant_id, user_id, type, subject_type, subject_id, created_at)
        select gen_random_uuid(), @Tenant, @User::uuid, 'comment_added', 'comment', gen_random_uuid(), @Now where @User::uuid is not null;
        insert into portal.project_mutes (tenant_id, user_id, project_id)
        select @Tenant, @User::uuid, @Project where @User::uuid is not null;
        insert into portal.task_watchers (tenant_id, project_id, task_id, user_id, added_at)
        select @Tenant, @Project, @Task, @User::uuid, @Now where @User::uuid is not null;
        update portal.upload_jobs set created_by = @User::uuid where asset_id = @Asset and @User::uuid is not null;
        update portal.share_links set created_by = @User::uuid where id = @Link and @User::uuid is not null;
        insert into portal.share_viewers (id, tenant_id, share_link_id, viewer_hash, ip_hash, agent_family, first_seen_at, last_seen_at,
            user_id)
        values (@Viewer, @Tenant, @Link, sha256(@Viewer::text::bytea), '\x00', 'other', @Now, @Now, @User::uuid);
        insert into portal.playback_audit (id, tenant_id, asset_version_id, user_id, share_link_id, viewer_id, ip_hash, agent_family,
            minted_at, token_expires_at)
        select gen_random_uuid(), @Tenant, v.id, @User::uuid, case when @User::uuid is null then @Link end,
               case when @User::uuid is null then @Viewer end, '\x00', 'other', @Now, @Now
          from portal.asset_versions v where v.asset_id = @Asset;
        insert into portal.consents (tenant_id, user_id, viewer_id, purpose, granted, notice_version, browser_signal, decided_at)
        values (@Tenant, @User::uuid, case when @User::uuid is null then @Viewer end, 'viewing_analytics', true,
                make_date(2026, 1, @Day), false, @Now);
        insert into portal.erasure_requests (id, tenant_id, kind, subject_id, address_hash, status, requested_at, due_at, starts_at,
            ended_at)
        values (gen_random_uuid(), @Tenant, @Kind, @User::uuid, @Hash, 'cancelled', @Now, @Now, @Now, @Now);
        insert into portal.exports (id, tenant_id, kind, subject_id, address_hash, status, requested_by, requested_at)
        select gen_random_uuid(), @Tenant, @Kind, @User::uuid, @Hash, 'expired', u.id, @Now
          from portal.users u where u.tenant_id = @Tenant and u.name = 'admin';
        with e as (insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                   values (gen_random_uuid(), @Tenant, 'project', @Project, 'project_updated', '{}', @Now) returning event_id)
        insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, done_at,
            created_at)
        select gen_random_uuid(), @Tenant, e.event_id, 'project_updated', @Project, 0, 'email',
               coalesce('user:' || @User::uuid, 'guest:' || @Hash), 'sent', @Now, @Now from e
        """;

    /// <summary>What their copy may hold: the file, and what identifies a record of it.</summary>
    public const string Theirs = """
        select 'notifications ' || id from portal.notifications where user_id = @User::uuid
        union all select 'muted-projects ' || project_id from portal.project_mutes where user_id = @User::uuid
        union all select 'tasks ' || task_id from portal.task_watchers where user_id = @User::uuid
        union all select 'videos ' || asset_version_id from portal.upload_jobs where created_by = @User::uuid
        union all select 'links-made ' || id from portal.share_links where created_by = @User::uuid
        union all select 'links-opened ' || id from portal.share_viewers where id = @Viewer
        union all select 'playback ' || id from portal.playback_audit where user_id = @User::uuid or viewer_id = @Viewer
        union all select 'consents 2026-01-0' || @Day
        union all select 'erasures ' || id from portal.erasure_requests where subject_id = @User::uuid or address_hash = @Hash
        union all select 'exports ' || id from portal.exports where subject_id = @User::uuid or address_hash = @Hash
        union all select 'mails ' || id from portal.deliveries
                   where recipient = coalesce('user:' || @User::uuid, 'guest:' || @Hash)
        """;

    public static string KeyOf(string file) => file switch
    {
        "muted-projects" => "projectId",
        "tasks" => "taskId",
        "videos" => "assetVersionId",
        "consents" => "noticeVersion",
        _ => "id",
    };
}
