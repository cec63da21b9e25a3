using Npgsql;
using Portal.Events;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Fire;

/// <summary>What the rows, and Resend's inbox beside them, say after the fire: what is unfinished, and what must never be so.</summary>
public sealed class FireFindings(LivePortal portal)
{
    /// <summary>Each delivery with the mail that Resend took under its id as key.</summary>
    private const string Sent = """
        with sent as (
            select d.id, d.event_type, d.aggregate_id, d.seq, d.recipient, d.status, d.reason, d.vendor_id, m.id as mail, m.seq as arrived,
               m.recipients[1] as address
              from portal.deliveries d
              left join vendors.resend_idempotency k on k.key = d.id::text
              left join vendors.resend_emails m on m.id = (k.answer::jsonb ->> 'id')::uuid
             where d.channel = 'email')
        """;

    // Each line a rule: the query finds what breaks it.
    private static readonly (string Rule, string Query)[] Rules =
    [
        ("event is not routed", "select format('%s after %s attempts: %s', o.event_id, o.attempts, o.last_error) from portal.outbox o"),
        (
            "delivery is not settled",
            "select format('%s is %s after %s attempts: %s', id, status, attempts, last_error) from portal.deliveries where status in "
                + "('pending', 'sending')"),
        ("delivery has failed", "select format('%s of %s: %s', id, event_type, reason) from portal.deliveries where status = 'failed'"),
        (
            "sent without a mail in the inbox",
            $"{Sent} select format('%s of %s', id, event_type) from sent where status = 'sent' and mail is null"),
        (
            "sent under another id than Resend's",
            $"{Sent} select format('%s: %s, not %s', id, vendor_id, mail) from sent where status = 'sent' and vendor_id <> mail::text"),
        (
            "skipped, and yet in the inbox",
            $"{Sent} select format('%s of %s: %s', id, event_type, reason) from sent where status = 'skipped' and mail is not null and "
                + "reason not like 'perhaps sent: %'"),
        ("skipped without a good reason", $"""
            {Sent} select format('%s of %s: %s', s.id, s.event_type, s.reason) from sent s left join portal.share_links l
            on l.id = s.aggregate_id
             where s.status = 'skipped' and (l.status is distinct from 'revoked' or not (
                   (s.event_type = 'share_link_created' and s.reason in ('link_not_active_any_more',
                   'perhaps sent: link_not_active_any_more'))
                or (s.event_type = 'share_link_revoked' and s.reason = 'never_had_the_link'))) and s.reason <> 'nothing_to_say_any_more'
               -- Out of the project just when the mail was written, and in it again, of which they heard.
               and not (s.event_type = 'project_created' and s.reason = 'may_not_read_any_more' and exists (
                   select from portal.deliveries d where d.event_type = 'project_member_added' and d.aggregate_id = s.aggregate_id
                      and d.recipient = s.recipient))
            """),
        ("mail of no delivery", """
            select format('%s to %s: %s', m.id, m.recipients[1], m.subject) from vendors.resend_emails m
             where not exists (select from vendors.resend_idempotency k join portal.deliveries d on d.id::text = k.key
                where (k.answer::jsonb ->> 'id')::uuid = m.id)
            """),
        ("mail to somebody else", $"""
            {Sent} select format('%s went to %s', s.id, s.address) from sent s join portal.users u on s.recipient = 'user:' || u.id
            where s.mail is not null and s.address <> u.email
            """),
        // By what a reader sees, whatever the keys say.
        ("the same mail twice", """
            with seen as (
                select m.recipients[1] as address, m.subject, substring(m.message ->> 'text' from 'comment=[0-9a-f-]{36}') as comment,
                       substring(m.message ->> 'text' from 'assets/[0-9a-f-]{36}') as asset,
                       substring(m.message ->> 'text' from 'projects/([0-9a-f-]{36})') as project, count(*) as times
                  from vendors.resend_emails m group by 1, 2, 3, 4, 5)
            select format('%s times to %s: %s', s.times, s.address, s.subject) from seen s
             where s.times > greatest(1, (select count(*) from portal.deliveries d join portal.users u on d.recipient = 'user:' || u.id
                                           where u.email = s.address and d.aggregate_id::text = s.project))
            """),
        ("guest who had the link was not told once that it is withdrawn", """
            with guests as (
                select g.email, l.status, count(*) filter (where m.subject like '%has shared%') as given,
                   count(*) filter (where m.subject like '%no longer shared%') as taken
                  from portal.share_link_guests g join portal.share_links l on l.id = g.share_link_id left join vendors.resend_emails m
                     on m.recipients[1] = g.email group by 1, 2)
            select format('%s, link %s: %s and %s', email, status, given, taken) from guests
             where given > 1 or (given = 1 and taken <> (status = 'revoked')::int) or (given = 0 and taken > 1)
                or (status = 'active' and given <> 1)
            """),
        ("mails to one person about one thing out of order", $"""
            {Sent} select format('%s %s came before %s', b.recipient, b.event_type, a.event_type)
              from sent a join sent b on b.aggregate_id = a.aggregate_id
                  and b.recipient = a.recipient and b.seq > a.seq and b.arrived < a.arrived
            """),
        (
            "notification twice",
            "select format('%s to %s', event_id, user_id) from portal.notifications group by event_id, user_id having count(*) > 1"),
        ("analytics are not as the events", """
            with wanted as (
                select e.event_id, m.metric from portal.events e
                  join (values ('project_created', 'projects_created'), ('task_created', 'tasks_created'), ('asset_uploaded', 'uploads'),
                  ('mux_asset_ready', 'uploads_ready'),
                               ('share_link_created', 'share_links_created'), ('share_link_opened', 'share_link_opens'),
                               ('share_link_revoked', 'share_links_revoked'),
                               ('comment_added', 'comments'), ('notification_digest_sent', 'digests_sent')) as m (type, metric)
                               using (type)
                 union all
                select e.event_id, case when e.payload ->> 'status' = 'done' then 'tasks_completed' else 'tasks_reopened' end
                   from portal.events e
                 where e.type = 'task_status_changed' and 'done' in (e.payload ->> 'status', e.payload ->> 'previous'))
            select format('%s %s', coalesce(w.event_id, a.event_id), coalesce(w.metric, a.metric))
              from wanted w full join portal.analytics_raw a on a.event_id = w.event_id and a.metric = w.metric where w.event_id is null
                 or a.event_id is null or a.amount <> 1
            """),
        ("unread count is not as the notifications", """
            select format('%s: %s', u.id, c.unread) from portal.users u left join portal.unread_counts c on c.user_id = u.id
             where coalesce(c.unread, 0) <> (select count(*) from portal.notifications n where n.user_id = u.id and n.read_at is null)
            """),
        ("progress is not as the tasks", """
            select format('%s: %s of %s', p.id, g.done, g.tasks) from portal.projects p left join portal.project_progress g
               on g.project_id = p.id
             where (coalesce(g.tasks, 0), coalesce(g.done, 0)) <> (select count(*), count(*) filter (where t.status = 'done')
                from portal.tasks t where t.project_id = p.id)
            """),
    ];

    /// <summary>What still has to happen, in a few words; empty: all is settled.</summary>
    public async Task<IReadOnlyList<string>> UnfinishedAsync() =>
    [
        .. await portal.QueryAsync<string>("""
            select count(*) || ' events' from portal.outbox having count(*) > 0
            union all select count(*) || ' deliveries ' || status from portal.deliveries where status in ('pending', 'sending')
            group by status
            """),
        .. await new InvariantChecker(portal).UnfinishedAsync(),
    ];

    public async Task<IReadOnlyList<string>> ViolationsAsync(Expected expected)
    {
        var found = new List<string>();
        foreach (var (rule, query) in Rules)
        {
            found.AddRange((await portal.QueryAsync<string>(query)).Select(row => $"{rule}: {row}"));
        }

        found.AddRange(await expected.DifferencesAsync(portal));
        found.AddRange(await RebuiltAsync());
        return found;
    }

    public async Task<int> CountAsync(string sql) => (await portal.QueryAsync<int>($"select count(*)::int from {sql}"))[0];

    private async Task<IReadOnlyList<string>> RebuiltAsync()
    {
        await using var app = NpgsqlDataSource.Create(portal.Database.App);
        await using var system = NpgsqlDataSource.Create(portal.Database.System);
        await using var sources = new PortalDataSources(app, system);
        var rebuilt = await new RebuildReadModels(new PortalDb(sources), TimeProvider.System).RunAsync(
            new TenantId(TestPeople.Tenant), CancellationToken.None);
        return [.. rebuilt.Wrong.Select(w => $"{w.Model} of {w.Key} was {w.Was}, from the events {w.Is}")];
    }
}
