using System.Text.Json;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// Writes who is notified of events: notifications for people in the portal, deliveries for mail. The same rules for every group: active
/// people, who may read what it is about, have not muted the project, have not switched that type off, and did not do it themselves.
/// </summary>
public sealed class RecipientStore(TimeProvider clock)
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private const string Rules = """
           from unnest(@eventIds, @people, @keys) as p (event_id, id, key)
           join jsonb_to_recordset(@events::jsonb) as e (
                    event_id uuid, type text, aggregate uuid, seq bigint, subject_type text, subject_id uuid, project uuid, actor uuid,
                    at timestamptz) on e.event_id = p.event_id
           join portal.users u on u.tenant_id = @tenant and u.id = p.id
          where (@evenTheActor or u.id is distinct from e.actor)
            and portal.subject_readable(@tenant, u.id, e.subject_type, e.subject_id, e.project, @now)
            and not exists (select 1 from portal.project_mutes q where q.tenant_id = @tenant and q.user_id = u.id
               and q.project_id = e.project)
        """;

    private const string Notify = $"""
        insert into portal.notifications (id, tenant_id, user_id, event_id, type, subject_type, subject_id, project_id, created_at)
        select p.key, @tenant, u.id, e.event_id, e.type, e.subject_type, e.subject_id, e.project, e.at
        {Rules}
            and coalesce((select n.in_app from portal.notification_preferences n
                           where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = e.type), true)
        on conflict (tenant_id, user_id, event_id) do nothing
        returning event_id, user_id
        """;

    private const string Mail = $"""
        insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at)
        select p.key, @tenant, e.event_id, e.type, e.aggregate, e.seq, 'email', 'user:' || u.id, @now
        {Rules}
            and coalesce((select n.email from portal.notification_preferences n
                           where n.tenant_id = @tenant and n.user_id = u.id and n.event_type = e.type), true)
        on conflict (event_id, channel, recipient) do nothing
        """;

    private const string Others = """
        insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, created_at)
        select d.key, @tenant, d.event_id, d.type, d.aggregate, d.seq, d.channel, d.recipient, @now
          from unnest(@keys, @eventIds, @types, @aggregates, @seqs, @channels, @recipients) as d (key, event_id, type, aggregate, seq,
             channel, recipient)
        on conflict (event_id, channel, recipient) do nothing
        """;

    /// <summary>For which events, and to whom of the group, the notifications were written.</summary>
    public async Task<IReadOnlyList<Notified>> NotifyAsync(
        Tx tx, TenantId tenant, AudienceQuery audience, IReadOnlyList<PortalEvent> events) =>
        await PeopleAsync(tx, tenant, audience, events) is { Count: > 0 } people
            ? await tx.QueryAsync<Notified>(Notify, Args(tenant, audience, events, people))
            : [];

    public async Task MailAsync(Tx tx, TenantId tenant, AudienceQuery audience, IReadOnlyList<PortalEvent> events)
    {
        if (await PeopleAsync(tx, tenant, audience, events) is { Count: > 0 } people)
        {
            await tx.ExecuteAsync(Mail, Args(tenant, audience, events, people));
        }
    }

    /// <summary>Deliveries to those who are no users: guests, the residency contact, on-call, endpoints.</summary>
    public async Task DeliverAsync(Tx tx, TenantId tenant, IReadOnlyList<(PortalEvent Event, string Channel, string Recipient)> others)
    {
        if (others.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow();
        await tx.ExecuteAsync(Others, new
        {
            tenant,
            keys = others.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            eventIds = others.Select(o => o.Event.EventId).ToArray(),
            types = others.Select(o => o.Event.Type).ToArray(),
            aggregates = others.Select(o => o.Event.AggregateId).ToArray(),
            seqs = others.Select(o => o.Event.Seq).ToArray(),
            channels = others.Select(o => o.Channel).ToArray(),
            recipients = others.Select(o => o.Recipient).ToArray(),
            now,
        });
    }

    /// <summary>Addresses of guests by share link.</summary>
    public static async Task<ILookup<Guid, string>> GuestsAsync(Tx tx, TenantId tenant, IReadOnlyList<Guid> links) =>
        (await tx.QueryAsync<Guest>("""
            select g.share_link_id, g.email from portal.share_link_guests g
             where g.tenant_id = @tenant and g.share_link_id = any(@links)
            """, new { tenant, links = links.ToArray() })).ToLookup(g => g.ShareLinkId, g => g.Email);

    private static async Task<IReadOnlyList<Notified>> PeopleAsync(
        Tx tx, TenantId tenant, AudienceQuery audience, IReadOnlyList<PortalEvent> events)
    {
        var people = new List<Notified>();
        IEnumerable<IReadOnlyList<PortalEvent>> questions = audience.Sequential
            ? events.Select(e => (IReadOnlyList<PortalEvent>)[e])
            : [events];
        foreach (var question in questions)
        {
            var named = await tx.QueryAsync<Named>(audience.Sql, new { tenant, events = Json(question) });
            people.AddRange(named.Where(n => n.UserId is not null).Select(n => new Notified(n.EventId, n.UserId!.Value)));
        }

        return [.. people.Distinct()];
    }

    private RecipientArgs Args(TenantId tenant, AudienceQuery audience, IReadOnlyList<PortalEvent> events, IReadOnlyList<Notified> people)
    {
        var now = clock.GetUtcNow();
        return new(
            tenant, Json(events), [.. people.Select(p => p.EventId)], [.. people.Select(p => p.UserId)],
            [.. people.Select(_ => Guid.CreateVersion7(now))], audience.EvenTheActor, now);
    }

    private sealed record RecipientArgs(
        TenantId Tenant, string Events, Guid[] EventIds, Guid[] People, Guid[] Keys, bool EvenTheActor, DateTimeOffset Now);

    private static string Json(IReadOnlyList<PortalEvent> events) => JsonSerializer.Serialize(events.Select(Row), SnakeCase);

    private static object Row(PortalEvent e) => new
    {
        e.EventId,
        e.Type,
        Aggregate = e.AggregateId,
        e.Seq,
        SubjectType = e.Subject.Type,
        SubjectId = e.Subject.Id,
        Project = e.ProjectId,
        Actor = e.ActorId,
        Payload = e.Json,
        At = e.OccurredAt,
    };

    private sealed record Guest(Guid ShareLinkId, string Email);

    private sealed record Named(Guid EventId, Guid? UserId);
}

/// <summary>A person who is notified of an event.</summary>
public sealed record Notified(Guid EventId, Guid UserId);
