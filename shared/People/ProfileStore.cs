using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Projects;

namespace Portal.People;

/// <summary>Whether a person hears of one type of event, in the portal and by e-mail.</summary>
public sealed record NotificationPreference(string Type, bool InApp, bool Email);

/// <summary>A person as they see themselves, with the branding of their tenant.</summary>
/// <param name="Preferences">JSON list of <see cref="NotificationPreference"/>; what is not in it is on.</param>
public sealed record Profile(
    UserId Id, string Name, string Email, string Role, string Status, DateTimeOffset CreatedAt, TenantId TenantId, string TenantName,
    string TimeZone,
    string? LogoUrl, string? AccentColor, string Preferences, Guid[] MutedProjects)
{
    public IReadOnlyList<NotificationPreference> Notifications =>
        JsonSerializer.Deserialize<IReadOnlyList<NotificationPreference>>(Preferences, JsonSerializerOptions.Web)!;
}

/// <summary>All SQL of what people say about themselves: their name and what they want to hear of.</summary>
public sealed class ProfileStore(PortalDb db, AuditWriter audit, PersonalHash hash, TimeProvider clock)
{
    private const string Find = """
        select u.id, u.name, u.email, u.role, u.status, u.created_at, t.id as tenant_id, t.name as tenant_name, t.time_zone, t.logo_url,
           t.accent_color,
               (select coalesce(json_agg(json_build_object('type', n.event_type, 'inApp', n.in_app, 'email', n.email)
               order by n.event_type), '[]')::text
                  from portal.notification_preferences n where n.tenant_id = u.tenant_id and n.user_id = u.id) as preferences,
               array(select m.project_id from portal.project_mutes m where m.tenant_id = u.tenant_id and m.user_id = u.id
               order by m.project_id) as muted_projects
          from portal.users u join portal.tenants t on t.id = u.tenant_id
         where u.tenant_id = @tenant and u.id = @user
        """;

    public Task<Profile?> FindAsync(TenantId tenant, Caller caller, CancellationToken ct) =>
        db.ReadOneAsync<Profile>(tenant, Find, new { tenant, user = caller.User }, ct);

    /// <inheritdoc cref="FindAsync(TenantId, Caller, CancellationToken)"/>
    public Task<Profile?> FindAsync(Tx tx, TenantId tenant, Caller caller) =>
        tx.QueryOneAsync<Profile>(Find, new { tenant, user = caller.User });

    public async Task RenameAsync(Tx tx, TenantId tenant, Caller caller, Profile before, string name)
    {
        await tx.ExecuteAsync("""
            update portal.users set name = @name, own_name = true, version = version + 1, updated_at = @now where tenant_id = @tenant
               and id = @user
            """, new { tenant, user = caller.User, name, now = clock.GetUtcNow() });
        await WriteAsync(tx, tenant, caller, new { nameHash = hash.Of(before.Name) }, new { nameHash = hash.Of(name) });
    }

    /// <summary>Replaces them all; what is left out is on again.</summary>
    public async Task PreferAsync(Tx tx, TenantId tenant, Caller caller, Profile before, IReadOnlyList<NotificationPreference> wanted)
    {
        await tx.ExecuteAsync("""
            delete from portal.notification_preferences where tenant_id = @tenant and user_id = @user;
            insert into portal.notification_preferences (tenant_id, user_id, event_type, in_app, email)
            select @tenant, @user, w.type, w.in_app, w.email from unnest(@types, @inApp, @email) as w (type, in_app, email)
            """, new
        {
            tenant,
            user = caller.User,
            types = wanted.Select(w => w.Type).ToArray(),
            inApp = wanted.Select(w => w.InApp).ToArray(),
            email = wanted.Select(w => w.Email).ToArray(),
        });
        await WriteAsync(tx, tenant, caller, new { notifications = before.Notifications }, new { notifications = wanted });
    }

    /// <summary>Replaces them all.</summary>
    public async Task<Refusal?> MuteAsync(Tx tx, TenantId tenant, Caller caller, Profile before, IReadOnlyList<Guid> projects)
    {
        var args = new { tenant, user = caller.User, seesAll = caller.SeesAllProjects, projects = projects.ToArray() };
        var seen = await tx.GetAsync<long>($"""
            select count(*) from portal.projects p where p.tenant_id = @tenant and p.id = any(@projects) and {ProjectStore.Visible}
            """, args);
        if (seen != projects.Count)
        {
            return new Refusal.InvalidField("mutedProjectIds", "project", "mutedProjectIds must name projects that you see.");
        }

        await tx.ExecuteAsync("""
            delete from portal.project_mutes where tenant_id = @tenant and user_id = @user;
            insert into portal.project_mutes (tenant_id, user_id, project_id) select @tenant, @user, p from unnest(@projects) p
            """, args);
        await WriteAsync(tx, tenant, caller, new { mutedProjectIds = before.MutedProjects }, new { mutedProjectIds = projects });
        return null;
    }

    private Task WriteAsync(Tx tx, TenantId tenant, Caller caller, object old, object @new) =>
        audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry("profile_changed", "user", caller.User.Value, old, @new));
}
