namespace Portal.Events;

/// <summary>
/// A group of a tenant's people: a statement that answers, for a batch of events (JSON <c>@events</c>), pairs of event and person. In it
/// <c>e</c> is an event: <c>event_id</c>, <c>aggregate</c>, <c>project</c>, <c>payload</c>, <c>at</c>. Who of them really hears of it is
/// asked afterwards, for all groups alike (<see cref="RecipientStore"/>): may read it, not muted, not switched off, not the one who did
/// it.
/// </summary>
/// <param name="EvenTheActor">Notified of it also when it was their own doing, because it is about them.</param>
/// <param name="Sequential">Asking changes something: in one statement, the second event of an aggregate would not see what the first
/// did.</param>
public sealed record AudienceQuery(string Sql, bool EvenTheActor = false, bool Sequential = false)
{
    private const string Events = "jsonb_to_recordset(@events::jsonb) as e (event_id uuid, aggregate uuid, project uuid, payload jsonb, "
        + "at timestamptz)";

    private const string Each = $"select e.event_id, x.id as user_id from {Events} cross join lateral";

    private const string Agency = """
        select u.id from portal.users u join portal.project_members m on m.tenant_id = u.tenant_id and m.user_id = u.id
         where u.tenant_id = @tenant and m.project_id = e.project and u.role in ('admin', 'agency')
        """;

    private const string TheUploader = "select (e.payload ->> 'uploaderId')::uuid as id";

    public static readonly AudienceQuery Admins = new(
        $"{Each} (select u.id from portal.users u where u.tenant_id = @tenant and u.role = 'admin' and u.status = 'active') x");

    /// <summary>The one who did it too.</summary>
    public static readonly AudienceQuery EveryAdmin = Admins with { EvenTheActor = true };

    public static readonly AudienceQuery Compliance = new(
        $"{Each} (select u.id from portal.users u where u.tenant_id = @tenant and u.role = 'compliance' and u.status = 'active') x");

    public static readonly AudienceQuery AdminsAndCompliance = new($"""
        {Each} (select u.id from portal.users u
                 where u.tenant_id = @tenant and u.role in ('admin', 'compliance') and u.status = 'active') x
        """);

    /// <summary>The one the event is about.</summary>
    public static readonly AudienceQuery ThatPerson = new(
        $"{Each} (select coalesce((e.payload ->> 'userId')::uuid, e.aggregate) as id) x", EvenTheActor: true);

    public static readonly AudienceQuery NewMember = new($"""
        {Each} (select u.id from portal.users u where u.tenant_id = @tenant and u.id = (e.payload ->> 'userId')::uuid
        and u.role in ('admin', 'agency')) x
        """);

    /// <summary>Who produces in the project: an Admin only when they are a member of it.</summary>
    public static readonly AudienceQuery ProjectAgency = new($"{Each} ({Agency}) x");

    public static readonly AudienceQuery ProjectAgencyAndAdmins = new($"""
        {Each} ({Agency}
             union
            select u.id from portal.users u where u.tenant_id = @tenant and u.role = 'admin' and u.status = 'active') x
        """);

    /// <summary>Of an upload that nobody sent a file for, the uploader alone.</summary>
    public static readonly AudienceQuery UploaderAndAdmins = new($"""
        {Each} (
            {TheUploader}
             union
            select u.id from portal.users u
             where u.tenant_id = @tenant and u.role = 'admin' and u.status = 'active' and e.payload ->> 'status' = 'failed') x
        """, EvenTheActor: true);

    public static readonly AudienceQuery UploaderOfFailed = new(
        $"{Each} ({TheUploader} where e.payload ->> 'status' = 'failed') x", EvenTheActor: true);

    /// <summary>The uploader, when the file has to be sent again and it was not they who asked for that.</summary>
    public static readonly AudienceQuery FileSender = new($"{Each} ({TheUploader} where (e.payload ->> 'fileNeeded')::boolean) x");

    public static readonly AudienceQuery UploaderAndProject = new($"{Each} ({TheUploader} union {Agency}) x", EvenTheActor: true);

    public static readonly AudienceQuery TaskFollowers = new($"""
        {Each} (
            select w.user_id as id from portal.task_watchers w where w.tenant_id = @tenant and w.task_id = e.aggregate
             union
            select a.user_id from portal.task_assignees a where a.tenant_id = @tenant and a.task_id = e.aggregate) x
        """);

    public static readonly AudienceQuery LinkOwner = new(
        $"{Each} (select l.created_by as id from portal.share_links l where l.tenant_id = @tenant and l.id = e.aggregate) x");

    /// <summary>
    /// As the link's setting says: off and daily never (daily is a line of the digest), first once, every at most once in ten minutes.
    /// Asking is telling: it notes the time.
    /// </summary>
    public static readonly AudienceQuery LinkOwnerWhenDue = new($"""
        with e as (select * from {Events}),
        link as (
            select l.tenant_id, l.id, l.created_by, l.notify, e.event_id, e.at from e join portal.share_links l on l.id = e.aggregate
             where l.tenant_id = @tenant and l.notify in ('first', 'every')),
        due as (
            insert into portal.share_link_notices as n (tenant_id, share_link_id, noticed_at)
            select link.tenant_id, link.id, link.at from link
            on conflict (share_link_id) do update set noticed_at = excluded.noticed_at
             where (select link.notify from link) = 'every' and n.noticed_at <= excluded.noticed_at - interval '10 minutes'
            returning share_link_id)
        select link.event_id, link.created_by as user_id from link join due on due.share_link_id = link.id
        """, Sequential: true);

    /// <summary>Who has spoken in the thread, who made the video, and who is called by name.</summary>
    public static readonly AudienceQuery CommentParticipants = new($"""
        {Each} (
            select c.author_id as id from portal.comments c
             where c.tenant_id = @tenant and c.deleted_at is null
               and (c.id = (e.payload ->> 'threadId')::uuid or c.parent_id = (e.payload ->> 'threadId')::uuid)
             union
            select j.created_by from portal.upload_jobs j
             where j.tenant_id = @tenant and j.asset_version_id = (e.payload ->> 'assetVersionId')::uuid
             union
            select m.id::uuid from jsonb_array_elements_text(e.payload -> 'mentions') as m (id)) x
        """);

    public static readonly AudienceQuery Mentioned = new(
        $"{Each} (select m.id::uuid as id from jsonb_array_elements_text(e.payload -> 'mentions') as m (id)) x");
}
