using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Paging;

namespace Portal.Projects;

/// <summary>Which projects a list shows; null: any.</summary>
/// <param name="Statuses">Null: all but archived ones.</param>
/// <param name="Text">Part of the name, in any case.</param>
public sealed record ProjectFilter(IReadOnlyList<string>? Statuses = null, string? Text = null, UserId? Member = null);

/// <summary>The orders of the list of projects. One row more than the page holds tells whether there is another.</summary>
public sealed class ProjectListQuery(PortalDb db)
{
    public const string Newest = "newest";
    public const string ByName = "name";

    private const string Filtered = $"""
        select {ProjectStore.Columns} from portal.projects p
         where p.tenant_id = @tenant and (@seesAll or p.id = any({ProjectStore.Mine}))
           and p.status = any(@statuses)
           and (@text::text is null or strpos(lower(p.name), lower(@text)) > 0)
           and (@member::uuid is null or p.id = any(array(
               select m.project_id from portal.project_members m where m.tenant_id = @tenant and m.user_id = @member)))
        """;

    private static readonly PageQuery NewestFirst = PageQuery.Descending("p.created_at, p.id");
    private static readonly PageQuery InOrderOfNames = PageQuery.Ascending("p.name_key, p.id", "@afterKey, @afterId");
    private static readonly string[] Unarchived = [ProjectStatus.Active, ProjectStatus.OnHold, ProjectStatus.Completed];

    public Task<IReadOnlyList<Project>> ReadAsync(
        TenantId tenant, Caller caller, ProjectFilter filter, string order, Page page, CancellationToken ct) =>
        db.ReadPageAsync<Project>(
            tenant, order == ByName ? InOrderOfNames : NewestFirst, Filtered, page, Args(tenant, caller, filter), ct);

    public Task<long> CountAsync(TenantId tenant, Caller caller, ProjectFilter filter, CancellationToken ct) =>
        db.CountAsync(tenant, Filtered, Args(tenant, caller, filter), ct);

    /// <summary>Where a row stands in that order.</summary>
    public static Position PositionOf(Project project, string order) =>
        order == ByName ? new(project.NameKey, project.Id.Value) : Position.Of(project.CreatedAt, project.Id.Value);

    private static ListArgs Args(TenantId tenant, Caller caller, ProjectFilter filter) => new(
        tenant, caller.SeesAllProjects, caller.User, filter.Statuses?.ToArray() ?? Unarchived, filter.Text, filter.Member?.Value);

    private sealed record ListArgs(TenantId Tenant, bool SeesAll, UserId User, string[] Statuses, string? Text, Guid? Member);
}
