using Portal.Db;

namespace Portal.Events;

/// <summary>
/// Writes who is told of an event: notifications for people in the portal, deliveries for mail. The same rules for every group: active
/// people, who may see the project, have not muted it, have not switched that type off, and did not do it themselves.
/// </summary>
public sealed class Recipients(TimeProvider clock)
{
    private const string Rules = """
           from unnest(@people, @keys) as p (id, key)
           join portal.users u on u.tenant_id = @tenant and u.id = p.id
          where u.status = 'active'
            and (@evenTheActor or u.id is distinct from @actor)
            and (@project::uuid is null or u.role = 'admin'
                 or exists (select 1 from portal.project_members m where m.tenant_id = @tenant and m.project_id = @project and m.user_id = u.id))
            and not exists (select 1 from portal.project_mutes q where q.tenant_id = @tenant and q.user_id = u.id and q.project_id = @project)
        """;

    private const string Notify = $"""
        insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, project_id, created_at)
        select p.key, @tenant, u.id, @eventId, @type, @subjectType, @subjectId, @project, @at
        {Rules}
            and coalesce((select n.in_app from portal.notification_preferences n
                           where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = @type), true)
        on conflict (tenant_id, user_id, event_id) do nothing
        returning user_id
        """;

    private const string Mail = $"""
        insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at)
        select p.key, @tenant, @eventId, @type, @aggregate, @seq, 'email', 'user:' || u.id, @now
        {Rules}
            and coalesce((select n.email from portal.notification_preferences n
                           where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = @type), true)
        on conflict (event_id, channel, recipient) do nothing
        """;

    private const string Others = """
        insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at)
        select p.key, @tenant, @eventId, @type, @aggregate, @seq, @channel, p.recipient, @now
          from unnest(@recipients, @keys) as p (recipient, key)
        on conflict (event_id, channel, recipient) do nothing
        """;

    /// <summary>Whom of the group the notification was written for.</summary>
    public async Task<IReadOnlyList<Guid>> NotifyAsync(Tx tx, TenantId tenant, PortalEvent e, Audience audience) =>
        await PeopleAsync(tx, tenant, e, audience) is { Count: > 0 } people
            ? await tx.QueryAsync<Guid>(Notify, Args(tenant, e, audience, people))
            : [];

    public async Task MailAsync(Tx tx, TenantId tenant, PortalEvent e, Audience audience)
    {
        if (await PeopleAsync(tx, tenant, e, audience) is { Count: > 0 } people)
        {
            await tx.ExecuteAsync(Mail, Args(tenant, e, audience, people));
        }
    }

    /// <summary>Deliveries to somebody who is no user: guests, the residency contact, on-call.</summary>
    public Task<int> DeliverAsync(Tx tx, TenantId tenant, PortalEvent e, string channel, IReadOnlyList<string> recipients)
    {
        var now = clock.GetUtcNow();
        return tx.ExecuteAsync(Others, new
        {
            tenant,
            eventId = e.EventId,
            type = e.Type,
            aggregate = e.AggregateId,
            seq = e.Seq,
            channel,
            recipients = recipients.ToArray(),
            keys = recipients.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            now,
        });
    }

    private static async Task<IReadOnlyList<Guid>> PeopleAsync(Tx tx, TenantId tenant, PortalEvent e, Audience audience) =>
        [.. (await tx.QueryAsync<Guid?>(audience.Sql, new { tenant, aggregate = e.AggregateId, project = e.ProjectId, payload = e.Payload, at = e.OccurredAt }))
            .OfType<Guid>().Distinct()];

    private object Args(TenantId tenant, PortalEvent e, Audience audience, IReadOnlyList<Guid> people)
    {
        var now = clock.GetUtcNow();
        var asset = e.AggregateType == "upload_job" ? e.Id("assetId") : null;
        return new
        {
            tenant,
            people = people.ToArray(),
            keys = people.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            eventId = e.EventId,
            type = e.Type,
            aggregate = e.AggregateId,
            seq = e.Seq,
            // What a reader would open: an upload is only how its asset came.
            subjectType = asset is null ? e.AggregateType : "asset",
            subjectId = asset ?? e.AggregateId,
            project = e.ProjectId,
            actor = e.ActorId,
            evenTheActor = audience.EvenTheActor,
            at = e.OccurredAt,
            now,
        };
    }
}
