using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Projects;

/// <summary>Somebody who works on a project. No address: clients see this too.</summary>
public sealed record ProjectMember(UserId UserId, string Name, string Role, DateTimeOffset AddedAt);

/// <summary>Who is assigned to a project. Adding and removing say the same when there is nothing left to do.</summary>
public sealed class MemberStore(
    PortalDb db, ProjectStore projects, ParticipationTransitions participation, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = "m.user_id, u.name, u.role, m.added_at";

    private const string Listed = $"""
        select {Columns} from portal.project_members m join portal.users u on u.tenant_id = m.tenant_id and u.id = m.user_id
         where m.tenant_id = @tenant and m.project_id = @project and u.status = 'active'
        """;

    private static readonly PageQuery ByAge = PageQuery.Ascending("m.added_at, m.user_id");

    /// <summary>Oldest member first, and those who were deactivated left out; the caller has looked whether the project may be
    /// seen.</summary>
    public Task<IReadOnlyList<ProjectMember>> ListAsync(TenantId tenant, ProjectId project, Page page, CancellationToken ct) =>
        db.ReadPageAsync<ProjectMember>(tenant, ByAge, Listed, page, new { tenant, project }, ct);

    public Task<long> CountAsync(TenantId tenant, ProjectId project, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, project }, ct);

    /// <summary>Adds an active Admin, Agency or Client user.</summary>
    public async Task<Result<ProjectMember>> AddAsync(
        Tx tx, TenantId tenant, Caller caller, ProjectId project, UserId user)
    {
        if (await RefusalAsync(tx, tenant, caller, project) is { } refusal)
        {
            return refusal;
        }

        var now = clock.GetUtcNow();
        var added = await tx.ExecuteAsync("""
            insert into portal.project_members (tenant_id, project_id, user_id, added_at)
            select u.tenant_id, @project, u.id, @now from portal.users u
             where u.tenant_id = @tenant and u.id = @user and u.status = 'active' and u.role <> 'compliance'
            on conflict do nothing
            """, new { tenant, project, user, now });
        var member = await tx.QueryOneAsync<ProjectMember>($"{Listed} and m.user_id = @user", new { tenant, project, user });
        if (member is null)
        {
            return new Refusal.NotFound("active person who can work on projects");
        }

        if (added > 0)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("project_member_added", "project", project.Value,
                null, new { userId = user.Value }, EventType.ProjectMemberAdded));
        }

        return member;
    }

    /// <summary>Removes somebody, and ends what they took part in there unless they are an Admin, who sees it all the same.</summary>
    public async Task<Refusal?> RemoveAsync(Tx tx, TenantId tenant, Caller caller, ProjectId project, UserId user)
    {
        if (await RefusalAsync(tx, tenant, caller, project) is { } refusal)
        {
            return refusal;
        }

        var removed = await tx.ExecuteAsync(
            "delete from portal.project_members where tenant_id = @tenant and project_id = @project and user_id = @user",
            new { tenant, project, user });
        if (removed > 0)
        {
            await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("project_member_removed", "project", project.Value,
                new { userId = user.Value }, new { userId = user.Value }));
            await participation.EndAsync(tx, tenant, Actor.From(caller), user);
        }

        return null;
    }

    private async Task<Refusal?> RefusalAsync(Tx tx, TenantId tenant, Caller caller, ProjectId project) =>
        await projects.LockAsync(tx, tenant, caller, project) switch
        {
            null => new Refusal.NotFound("project"),
            { Status: ProjectStatus.Archived } => new Refusal.Archived(),
            _ => null,
        };
}
