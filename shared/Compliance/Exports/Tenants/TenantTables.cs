namespace Portal.Compliance.Exports.Tenants;

/// <summary>
/// Everything a tenant has, table by table, in the order in which it is restored. Every table with a <c>tenant_id</c> is here, in the
/// audit log's own file, or named in <see cref="LeftOut"/> with the reason: a test compares with the database.
/// </summary>
public static class TenantTables
{
    private const string VersionStatus =
        "case when r.status in ('failed', 'archived') then r.status when r.status = 'ready' then 'archived' else 'cancelled' end";

    public static IReadOnlyList<TenantTable> All { get; } =
    [
        new("tenants", "The organization and its settings.", "id", """
            id
            clerk_org_id: the organization at Clerk, where people sign in
            name
            time_zone: in which its days begin
            status
            version
            created_at
            updated_at
            logo_url: its logo
            accent_color: of its pages
            sender_name: whom mails are from
            digest_hour: when summaries are sent
            residency_contact: who answers for where data lie
            keep_notification_days: shorter retention, where it was chosen
            keep_upload_job_days: likewise
            keep_active_video_days: likewise
            keep_inactive_video_days: likewise
            keep_raw_analytics_days: likewise
            deleted_at: when the organization left
            residency: where originals may lie: any or australia
            monthly_budget_usd: what a month may cost
            """)
        {
            Becomes = """
                id = @tenant
                clerk_org_id = coalesce(@organization, r.clerk_org_id)
                status = 'active'
                deleted_at = null
                """,
            Note = "active, whatever it was",
        },
        new("users", "People.", "created_at, id", """
            id
            email
            name
            role
            status: active or deactivated
            version
            created_at
            updated_at
            own_name: whether they chose the name here
            erased_at: when they were erased
            """)
        {
            Omits = "clerk_user_id, clerk_updated_at: Clerk's; whoever signs in is known again by their address",
            Becomes = "clerk_user_id = case when r.erased_at is null then 'imported_' else 'erased_' end || r.id",
            Note = "without an account: the first who signs in with a verified address of theirs is that person",
        },
        new("projects", "Projects.", "created_at, id", """
            id
            name
            description
            status
            created_by
            version
            created_at
            updated_at
            """),
        new("project_members", "Who is in which project.", "project_id, user_id", """
            project_id
            user_id
            added_at: since when
            """),
        new("project_mutes", "Who does not want to hear of which project.", "user_id, project_id", """
            user_id
            project_id
            """),
        new("milestone_templates", "Templates of milestones.", "created_at, id", """
            id
            name
            status: active or archived
            created_by
            version
            created_at
            updated_at
            """),
        new("milestone_template_versions", "What each template said, by version.", "template_id, version", """
            template_id
            version: counted from 1
            name
            description
            items: milestones with their tasks, in days from the start
            created_by
            created_at
            """),
        new("template_applications", "Which template was applied to which project.", "applied_at, id", """
            id
            project_id
            template_id
            template_version: as it was then
            starts_on
            applied_by: by which person
            applied_at: when
            """),
        new("milestones", "Milestones of projects.", "created_at, id", """
            id
            project_id
            application_id: of which template, if of one
            name
            description
            status
            starts_on
            due_on
            created_by
            version
            created_at
            updated_at
            """),
        new("tasks", "Tasks.", "created_at, id", """
            id
            project_id
            milestone_id: of which milestone, if of one
            title
            description
            status
            priority: low, normal, high or urgent
            due_on
            done_at: when it was done
            created_by
            version
            created_at
            updated_at
            """),
        new("task_assignees", "Who does a task.", "task_id, user_id", """
            project_id
            task_id
            user_id
            added_at: since when
            """),
        new("task_watchers", "Who wants to hear of a task.", "task_id, user_id", """
            project_id
            task_id
            user_id
            added_at: since when
            """),
        new("task_dependencies", "Which task waits for which.", "task_id, depends_on", """
            project_id
            task_id: which waits
            depends_on: for this one
            added_at: since when
            """),
        new("project_progress", "Tasks counted, by project.", "project_id", """
            project_id
            tasks: how many there are
            done: how many of them are done
            """),
        new("assets", "Videos.", "created_at, id", """
            id
            project_id
            title
            created_by
            version
            created_at
            updated_at
            description
            metadata: what else is known of it
            """),
        new("asset_versions", "Versions of videos. The files: media.ndjson.", "created_at, id", """
            id
            asset_id
            number: counted from 1
            status
            file_name: as it was called on the uploader's side
            size_bytes: in bytes
            duration_s: in seconds
            aspect_ratio: as 16:9
            width: in pixels
            height: in pixels
            frame_rate: frames a second
            resolution_tier: how many pixels Mux stores, in five steps
            failure_reason
            created_at
            updated_at
            archived_at: when it was archived
            purged_at: when its files were deleted
            kept_at: when somebody said that it is to stay
            expiry_warned_at: when its end was announced
            """)
        {
            Omits = "mux_asset_id, playback_id, download_name: Mux's, and nobody else's",
            Becomes = $"""
                status = {VersionStatus}
                archived_at = case when r.status in ('ready', 'archived') then coalesce(r.archived_at, @now) end
                purged_at = case when r.status in ('ready', 'archived') then coalesce(r.purged_at, @now) end
                """,
            Note = "archived, without their files: upload them again, as new versions",
        },
        new("upload_jobs", "How uploads went.", "created_at, id", """
            id
            project_id
            asset_id
            asset_version_id
            created_by
            source: straight to Mux (direct) or through us (blob)
            status
            attempt
            started_at: when it began
            expires_at
            attempts: how often a step was tried again
            last_error: why it waited
            failure_code
            failure_reason
            created_at
            updated_at
            """)
        {
            Omits = """
                mux_upload_id, mux_upload_url, mux_asset_id, mux_create_at, cors_origin: says something to Mux only
                blob_pathname, blob_url: where the original is: media.ndjson
                asked_at, next_retry_at: when the portal looks again
                bytes_at, ready_at: when its stages were reached; events.ndjson tells of them
                """,
            Becomes = "status = case when r.status in ('waiting', 'processing') then 'cancelled' else r.status end",
            Note = "what was under way is cancelled",
        },
        new("upload_attempts", "Earlier tries of uploads.", "job_id, attempt", """
            job_id: of which upload
            attempt
            outcome: how it ended
            failure_code
            failure_reason
            ended_at: when
            """)
        {
            Omits = "mux_upload_id, mux_asset_id: says something to Mux only",
        },
        new("share_links", "Share links.", "created_at, id", """
            id
            project_id
            asset_id
            asset_version_id: none: the newest
            status: active, expired or revoked
            expires_at
            allow_comments: whether guests may comment
            allow_download: whether guests may download
            require_sign_in: whether guests must sign in
            max_opens: how often it may be opened
            opens: how often it was opened
            notify: when its maker hears of an open
            label: a note of its maker
            created_by
            version
            created_at
            updated_at
            revoked_at: when it was revoked
            revoked_by: by which person
            hard_revoked_at: when playback that had begun was cut off too
            """)
        {
            Omits = """
                token_hash, token_kid, generation: opens the link
                passphrase_hash, passphrase_salt, passphrase_iterations, passphrase_version: opens the link
                """,
            Becomes = """
                token_hash = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
                token_kid = 'imported'
                status = 'revoked'
                revoked_at = coalesce(r.revoked_at, @now)
                """,
            Note = "revoked: their addresses open nothing; make new ones",
        },
        new("share_link_guests", "Whom links were addressed to.", "share_link_id, email", """
            share_link_id
            email
            added_at: since when
            """),
        new("share_viewers", "Browsers that opened a link.", "first_seen_at, id", """
            id
            share_link_id
            agent_family: which browser it is
            first_seen_at: when it opened the link first
            last_seen_at: and last
            user_id: who it was, when they were signed in
            minted: how often it was given an address to watch
            """)
        {
            Omits = "viewer_hash, ip_hash: stands for a cookie and a network address, and nobody can read it back",
            Becomes = """
                viewer_hash = sha256(convert_to(r.id::text, 'UTF8'))
                ip_hash = '\x'
                """,
        },
        new("comments", "Comments.", "seq", """
            id
            project_id
            asset_id
            asset_version_id
            parent_id: the comment it answers
            share_link_id: through which link, if of a guest
            author_id: which person, if of one
            viewer_id
            guest_name: as a guest gave it
            visibility: team, or client: theirs too
            body: the text; empty when deleted
            frame: where in the video
            end_frame: and until where
            rate_numerator: frames a second
            rate_denominator: divided by this
            sort_frame: where it stands in the list
            resolved_at: when it was resolved
            resolved_by: by which person
            version
            created_at
            updated_at
            edited_at: when the text was changed
            deleted_at: when it was deleted
            deleted_by: author or admin
            """)
        {
            Omits = "seq, root_seq: their order, which the file is in",
            Becomes = """
                seq = nextval('portal.comment_seq')
                root_seq = 0
                """,
        },
        new("comment_mentions", "Whom a comment mentions.", "comment_id, user_id", """
            comment_id
            user_id
            """),
        new("invites", "Invitations to the portal.", "created_at, id", """
            id
            email
            role
            project_ids: the projects to be in
            status
            expires_at
            invited_by: by which person
            accepted_by
            accepted_at: when
            version
            created_at
            updated_at
            """)
        {
            Omits = "generation, clerk_state, clerk_invitation_id, clerk_fault, clerk_attempts, clerk_next_at: Clerk's, and nobody else's",
            Becomes = """
                status = case r.status when 'pending' then 'expired' else r.status end
                clerk_state = 'none'
                clerk_next_at = @now
                """,
            Note = "those that were open have expired: invite again",
        },
        new("notification_preferences", "What people want to hear of.", "user_id, event_type", """
            user_id
            event_type
            in_app: in the portal
            email: by mail
            """),
        new("notifications", "What people were told in the portal.", "created_at, id", """
            id
            user_id
            event_id: of which event
            type: kind of event
            subject_type: what it is about
            subject_id
            project_id
            read_at: when it was marked as read
            created_at
            """),
        new("unread_counts", "Notifications that are not read, counted by person.", "user_id", """
            user_id
            unread: how many
            """),
        new("digests", "Days for which a person's summary is settled.", "user_id, day", """
            user_id
            day: in the organization's time zone
            settled_at: when
            """),
        new("mail_suppressions", "Addresses that get no mail any more.", "address_hash, event_type", """
            address_hash: the address, as a keyed hash
            event_type
            reason: bounced, complained or unsubscribed
            created_at
            """)
        {
            Note = "they hold where Privacy:HashKey is the same",
        },
        new("consents", "What people and guests consented to, denied or withdrew.", "seq", """
            user_id
            viewer_id
            purpose: what for
            granted: true: yes
            notice_version
            browser_signal: whether a browser said no by itself
            decided_at: when
            """)
        {
            Omits = "seq: their order, which the file is in",
        },
        new("holds", "Legal holds.", "placed_at, id", """
            id
            kind
            subject_id
            reason
            review_on: when to look again
            placed_by: by which person
            placed_at: when
            lifted_by: by which person
            lifted_at: when
            lift_reason: why
            version
            """),
        new("erasure_requests", "Requests to erase somebody.", "requested_at, id", """
            id
            kind
            subject_id
            status
            requested_at
            due_at: when it is to be done
            starts_at: not before
            comments: whether the text of their comments stays
            address: of a guest, while it is open
            address_hash: of a guest, as a keyed hash
            viewer_ids
            requested_by
            attempt
            last_error: why it waited
            done: what was done
            started_at: when it began
            ended_at: when it was over
            version
            """)
        {
            Omits = "clerk_user_id, next_at: says something to Clerk, or to the portal's timer, only",
            Becomes = """
                status = case when r.status in ('completed', 'cancelled') then r.status else 'cancelled' end
                address = null
                ended_at = coalesce(r.ended_at, @now)
                """,
            Note = "those that were open are cancelled: ask again",
        },
        new("exports", "Copies of what is kept of somebody, like this one.", "requested_at, id", """
            id
            kind
            subject_id
            address_hash: of a guest, as a keyed hash
            viewer_ids
            status
            attempt
            requested_by
            requested_at
            size_bytes: of its file
            sha256: of its file
            rows: records in each of its files
            ready_at: when it was made
            expires_at
            version
            """)
        {
            Omits = """
                address: of a guest; goes with the file
                pathname, next_at, discard, last_error: where its file is, and what the portal does with it
                """,
            Becomes = "status = 'expired'",
            Note = "expired, without their files",
        },
        new("vendor_reviews", "Reviews of vendors.", "recorded_at, id", """
            id
            vendor
            result: what it came to
            findings: what was found
            evidence_urls: where the evidence is
            reviewed_on: when
            recorded_by: by which person
            recorded_at: when it was recorded
            """)
        {
            Becomes = "evidence_urls = array(select u from unnest(r.evidence_urls) u where u ~ '^https://')",
        },
        new("events", "What happened, for the portal's own machinery.", "event_id", """
            event_id: identifies the record in the portal
            aggregate_type: to what
            aggregate_id: to which one
            type: kind of event
            version: of the kind
            payload: ids, numbers and words of ours
            occurred_at
            actor_id: which person did it
            """)
        {
            Note = "nobody is told again",
            Omits = "seq, safe_from: their place among live changes of this database",
        },
        new("webhook_endpoints", "Where events are sent.", "created_at, id", """
            id
            url: where to
            description
            event_types: which; none is all
            enabled: whether it gets events
            disabled_reason: why it does not
            disabled_at: since when it does not
            failing_since: since when it does not take them
            last_success_at: when it last took one
            secret_generation: how often its secret was made
            secret_made_at: when it was made last
            previous_until: until when the secret before it signs too
            created_by
            created_at
            updated_at
            version
            """)
        {
            Omits = "secret_kid, previous_kid: which keys of the portal secrets are made from",
            IsRestored = false,
        },
        new("analytics_raw", "What happened, counted one by one.", "event_id, metric", """
            event_id: of which event
            metric
            project_id
            amount: how much
            occurred_at
            recorded_at: when it was counted
            rolled_up: whether it is in the sums
            """),
        new("analytics_rollups", "Sums of what happened.", "grain, bucket_start, metric, project_id", """
            grain: hour, day or month
            bucket_start: its first moment
            metric
            project_id
            events: how many
            amount: how much
            """),
        new("residency_reports", "Weekly reports of where data lie.", "created_at, id", """
            id
            week: of the calendar
            period_start: its first moment
            period_end: and the one after
            json: the report
            html: the same, to be read
            created_at
            """)
        {
            Omits = "json_sha256, html_sha256: can be made again",
            IsRestored = false,
        },
        new("erasure_certificates", "Certificates of erasures, each with its signature.", "created_at, erasure_id", """
            erasure_id: of which request
            document: what is certified
            key_id: which key signed it
            signature: over the document
            created_at
            """)
        {
            IsRestored = false,
        },
    ];

    /// <summary>Tables that are in the file of the audit log, with its seals.</summary>
    public static IReadOnlyList<string> InAuditLog { get; } =
        ["audit_archive", "audit_log", "audit_seals", "playback_archive", "playback_audit"];

    /// <summary>Tables that are in no file, with the reason that the export gives.</summary>
    public static IReadOnlyDictionary<string, string> LeftOut { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["audit_archives"] = "which files of ours have rows of the audit log; audit.ndjson has the rows",
        ["budget_notices"] = "how much of a month's budget was told to be used",
        ["deliveries"] = "mails that were sent, by id: nothing is to be sent again",
        ["idempotency_keys"] = "answers given before, kept for a day",
        ["incident_notice_tenants"] = "of which incidents the organization was told; its Admins have the notices by mail",
        ["incidents"] = "the platform's",
        ["mux_cleanups"] = "work to be done at Mux",
        ["mux_tasks"] = "work to be done at Mux",
        ["outbox"] = "events on their way; events.ndjson has them",
        ["playback_events"] = "how playback went, which names nobody, kept for 35 days",
        ["share_link_notices"] = "when the maker of a link was last told of opens",
        ["share_unlocks"] = "browsers that know a passphrase",
        ["usage_days"] = "what vendors charge the portal's owner for, by day; told by GET /api/costs",
        ["vendor_review_reminders"] = "which reminders were sent",
        ["webhook_attempts"] = "what endpoints of webhooks answered, kept for a month",
    };
}
