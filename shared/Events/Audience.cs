namespace Portal.Events;

/// <summary>
/// A group of a tenant's people: a statement that answers their ids. Parameters: <c>@tenant</c>, <c>@aggregate</c>, <c>@project</c>,
/// <c>@payload</c> (jsonb) and <c>@at</c>. Who of them really hears of it is asked afterwards, for all groups alike
/// (<see cref="Recipients"/>): active, in the project, not muted, not switched off, not the one who did it.
/// </summary>
/// <param name="EvenTheActor">Told of it also when it was their own doing, because it is about them.</param>
public sealed record Audience(string Sql, bool EvenTheActor = false)
{
    private const string Agency = """
        select u.id from portal.users u join portal.project_members m on m.tenant_id = u.tenant_id and m.user_id = u.id
         where u.tenant_id = @tenant and m.project_id = @project and u.role in ('admin', 'agency')
        """;

    private const string TheUploader = "select (@payload::jsonb ->> 'uploaderId')::uuid as id";

    public static readonly Audience Admins = new("select u.id from portal.users u where u.tenant_id = @tenant and u.role = 'admin' and u.status = 'active'");

    public static readonly Audience Compliance = new("select u.id from portal.users u where u.tenant_id = @tenant and u.role = 'compliance' and u.status = 'active'");

    /// <summary>The one the event is about.</summary>
    public static readonly Audience ThatPerson = new("select coalesce((@payload::jsonb ->> 'userId')::uuid, @aggregate) as id", EvenTheActor: true);

    public static readonly Audience NewMember = new("""
        select u.id from portal.users u where u.tenant_id = @tenant and u.id = (@payload::jsonb ->> 'userId')::uuid and u.role in ('admin', 'agency')
        """);

    /// <summary>Who produces in the project: an Admin only when they are a member of it.</summary>
    public static readonly Audience ProjectAgency = new(Agency);

    public static readonly Audience Uploader = new(TheUploader, EvenTheActor: true);

    public static readonly Audience UploaderAndProject = new($"{TheUploader} union {Agency}", EvenTheActor: true);

    public static readonly Audience TaskFollowers = new("""
        select w.user_id as id from portal.task_watchers w where w.tenant_id = @tenant and w.task_id = @aggregate
         union
        select a.user_id from portal.task_assignees a where a.tenant_id = @tenant and a.task_id = @aggregate
        """);

    public static readonly Audience LinkOwner = new("select l.created_by as id from portal.share_links l where l.tenant_id = @tenant and l.id = @aggregate");

    /// <summary>
    /// As the link's setting says: off and daily never (daily is a line of the digest), first once, every at most once in ten minutes.
    /// Asking is telling: it notes the time.
    /// </summary>
    public static readonly Audience LinkOwnerWhenDue = new("""
        with link as (
            select l.tenant_id, l.id, l.created_by, l.notify from portal.share_links l
             where l.tenant_id = @tenant and l.id = @aggregate and l.notify in ('first', 'every')),
        due as (
            insert into portal.share_link_notices as n (tenant_id, share_link_id, noticed_at)
            select link.tenant_id, link.id, @at from link
            on conflict (share_link_id) do update set noticed_at = excluded.noticed_at
             where (select link.notify from link) = 'every' and n.noticed_at <= excluded.noticed_at - interval '10 minutes'
            returning share_link_id)
        select link.created_by as id from link join due on due.share_link_id = link.id
        """);

    /// <summary>Who has spoken in the thread, who made the video, and who is called by name. Clients hear only of what is shared.</summary>
    public static readonly Audience CommentParticipants = new("""
        select u.id from portal.users u
         where u.tenant_id = @tenant
           and (u.role <> 'client' or @payload::jsonb ->> 'visibility' = 'shared')
           and u.id in (
               select c.author_id from portal.comments c
                where c.tenant_id = @tenant and c.deleted_at is null
                  and (c.id = (@payload::jsonb ->> 'threadId')::uuid or c.parent_id = (@payload::jsonb ->> 'threadId')::uuid)
                union
               select j.created_by from portal.upload_jobs j
                where j.tenant_id = @tenant and j.asset_version_id = (@payload::jsonb ->> 'assetVersionId')::uuid
                union
               select m.id::uuid from jsonb_array_elements_text(@payload::jsonb -> 'mentions') as m (id))
        """);

    public static readonly Audience Mentioned = new("select m.id::uuid as id from jsonb_array_elements_text(@payload::jsonb -> 'mentions') as m (id)");
}
