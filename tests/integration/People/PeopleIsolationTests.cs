using System.Security.Cryptography;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Events;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.People;
using Portal.Projects;
using Portal.Tests.Integration.Foundation;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

/// <summary>As <see cref="IsolationTests"/>, for tenants, people, invites and notifications: each of the two walls holds alone.</summary>
public sealed class PeopleIsolationTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly TenantId Victim = new(TestPeople.Tenant);
    private static readonly TenantId Intruder = new(TestPeople.OtherTenant);
    private static readonly UserId Client = new(TestPeople.UserId("client"));
    private static readonly Caller Admin = new(
        Intruder, new UserId(TestPeople.UserId("other-admin")), Role.Admin, "user_other-admin", null, "test");
    private Guid project;
    private Guid pending;
    private Guid revoked;
    private Guid untold;
    private Guid notification;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync();
        pending = (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{Guid.NewGuid():N}@agency.example", role = "agency" })).Expect(201).Id;
        revoked = (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{Guid.NewGuid():N}@agency.example", role = "agency" })).Expect(201).Id;
        (await portal.As("admin").PostAsync($"/api/invites/{revoked}/revoke")).Expect(200);
        // One that Clerk is to be told of: only such a one is taken to be told.
        untold = (
            await portal.As("admin").PostAsync(
                "/api/invites", new { email = $"{Guid.NewGuid():N}@agency.example", role = "agency" })).Expect(201).Id;
        await portal.SettleAsync();
        await portal.DoAsync(
            "update portal.invites set clerk_state = 'wanted', clerk_next_at = @now where id = @untold",
            new { untold, now = portal.Clock.GetUtcNow() });
        notification = Guid.NewGuid();
        await portal.DoAsync("""
            insert into portal.notifications (id, tenant_id, user_id, type, subject_type, subject_id, created_at)
            values (@notification, @tenant, @user, 'comment_added', 'comment', @notification, @now);
            """, new { notification, tenant = TestPeople.Tenant, user = Client.Value, now = portal.Clock.GetUtcNow() });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Row_level_security_alone_shows_and_changes_nothing()
    {
        await using var sources = new PortalDataSources(
            NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System));
        var stores = new Stores(new PinnedDb(sources, Intruder), portal.Clock);
        await NothingShowsAsync(stores, Victim, Admin with { Tenant = Victim, User = Client });
        // Everything of this tenant carries its id, so a statement for the victim's finds its row by nothing but row-level security.
        Assert.Null(await stores.Tenants.FindAsync(Victim, Admin, default));
        Assert.Null(await stores.Profiles.FindAsync(Victim, Admin with { User = Client }, default));
        Assert.Empty(await stores.Users.ListAsync(Victim, Admin, new(null, null, null), byName: false, new Page(50, null), default));
        Assert.Empty(await stores.Notifications.ListAsync(Victim, Admin with { User = Client }, null, null, new Page(50, null), default));
        Assert.Equal(0, await stores.Notifications.CountAsync(Victim, Admin with { User = Client }, null, null, default));
        Assert.Empty(await stores.Users.NamesAsync(Victim, [Client.Value], default));
    }

    [Fact]
    public async Task Predicates_alone_show_and_change_nothing()
    {
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        var db = new PortalDb(sources);
        Assert.True(
            await db.AskAsync<long>(
                "select count(*) from portal.invites", new { }, default) > 0, "The role must really bypass row-level security.");
        var stores = new Stores(db, portal.Clock);
        await NothingShowsAsync(stores, Intruder, Admin with { User = Client });
        Assert.Equal(
            ["other-admin"], (
                await stores.Users.ListAsync(
                    Intruder, Admin, new(null, null, null), byName: true, new Page(50, null), default)).Select(u => u.Name));
        Assert.Empty(await stores.Invites.ListAsync(Intruder, Admin, null, new Page(50, null), default));
        Assert.Equal(0, await stores.Invites.CountAsync(Intruder, Admin, null, default));
        Assert.Empty(await stores.Users.NamesAsync(Intruder, [Client.Value], default));
    }

    [Fact]
    public async Task The_sweep_sees_no_address_and_changes_nothing_itself()
    {
        await using var system = new NpgsqlConnection(portal.Database.System);
        Assert.True(await system.ExecuteScalarAsync<long>("select count(*) from portal.invites where clerk_state = 'sent'") > 0);
        foreach (var forbidden in new[]
        {
            "select email from portal.invites", "update portal.invites set status = 'accepted'", "select name from portal.users",
            "select type from portal.notifications", "select name from portal.tenants",
        })
        {
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege, (
                    await Assert.ThrowsAsync<PostgresException>(() => system.ExecuteAsync(forbidden))).SqlState);
        }
    }

    [Fact]
    public async Task Whose_tenant_it_is_and_who_somebody_is_cannot_be_changed_by_the_app()
    {
        await using var app = new NpgsqlConnection(portal.Database.App);
        foreach (var forbidden in new[]
        {
            "update portal.tenants set clerk_org_id = 'org_mine'", "update portal.users set clerk_user_id = 'user_me'",
            "update portal.users set tenant_id = id",
            "delete from portal.users", "delete from portal.tenants", "delete from portal.invites",
            "update portal.notifications set user_id = id",
        })
        {
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege, (
                    await Assert.ThrowsAsync<PostgresException>(() => app.ExecuteAsync(forbidden))).SqlState);
        }
    }

    /// <param name="tenant">What the stores are told; who really asks is another tenant, or the rows are.</param>
    private async Task NothingShowsAsync(Stores stores, TenantId tenant, Caller caller)
    {
        var before = await StateAsync();
        var real = new Stores(
            new PortalDb(
                new(NpgsqlDataSource.Create(portal.Database.App), NpgsqlDataSource.Create(portal.Database.System))), portal.Clock);
        var owner = Admin with { Tenant = Victim };
        var user = (await real.Users.FindAsync(Victim, owner, Client, default))!;
        var invite = (await real.Invites.FindAsync(Victim, owner, new InviteId(revoked), default))!;
        var open = (await real.Invites.FindAsync(Victim, owner, new InviteId(pending), default))!;

        Assert.Null(await stores.Users.FindAsync(tenant, caller, Client, default));
        Assert.Null(await stores.Invites.FindAsync(tenant, caller, new InviteId(pending), default));
        Assert.Empty(await stores.Invites.ListAsync(tenant, caller, null, new Page(50, null), default));
        Assert.Equal(0, await stores.Invites.CountAsync(tenant, caller, null, default));
        Assert.Equal(0, await stores.Notifications.CountUnreadAsync(tenant, caller, default));
        Assert.Null(await stores.Sync.TakeAsync(tenant, new InviteId(untold), default));
        await stores.Db.InTenantAsync(tenant, async tx =>
        {
            Assert.IsType<Refusal.NotFound>(
                (await stores.Users.ChangeRoleAsync(tx, tenant, caller, user.Id, user.Version, Role.Admin)).Refusal);
            Assert.IsType<Refusal.NotFound>((await stores.Users.DeactivateAsync(tx, tenant, caller, Client)).Refusal);
            Assert.IsType<Refusal.NotFound>((await stores.Users.ReactivateAsync(tx, tenant, caller, Client)).Refusal);
            Assert.False(await stores.Users.HasEmailAsync(tx, tenant, "client@portal.example"));
            Assert.False(await stores.Users.IsMemberAsync(tx, tenant, "user_client"));
            Assert.Null(await stores.Notifications.MarkAsync(tx, tenant, caller, new NotificationId(notification), read: true));
            Assert.Equal(0, await stores.Notifications.MarkAllReadAsync(tx, tenant, caller));
            Assert.IsType<Refusal.NotFound>((await stores.Invites.RevokeAsync(tx, tenant, caller, open.Id)).Refusal);
            Assert.Null(await stores.Invites.LockAsync(tx, tenant, caller, invite.Id));
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => stores.Invites.ReissueAsync(tx, tenant, caller, invite, TimeSpan.FromDays(7)));
            Assert.Null(await stores.Invites.LockForAsync(tx, tenant, pending, [open.Email]));
            Assert.False(await stores.Invites.AcceptAsync(tx, tenant, Actor.System("test"), open.Id, caller.User));
            Assert.False(await stores.Invites.HasPendingAsync(tx, tenant, open.Email));
            Assert.False(await stores.Invites.AreProjectsAsync(tx, tenant, [project]));
            await new ProjectMembershipQuery(portal.Clock).JoinAsync(tx, tenant, Client, [project]);
            return true;
        }, default);
        Assert.Equal(before, await StateAsync());
    }

    private Task<string> StateAsync() => portal.ScalarAsync<string>("""
        select concat_ws(' ', (select string_agg(concat_ws(',', id, role, status, version), ' ' order by id) from portal.users),
                              (select string_agg(concat_ws(',', id, status, generation, clerk_state, clerk_next_at), ' ' order by id)
                              from portal.invites),
                              (select string_agg(concat_ws(',', id, read_at), ' ' order by id) from portal.notifications),
                              (select count(*) from portal.project_members), (select count(*) from portal.audit_log))
        """);

    private sealed class PinnedDb(PortalDataSources sources, TenantId session) : PortalDb(sources)
    {
        protected override TenantId SessionTenant(TenantId tenant) => session;
    }

    private sealed class Stores(PortalDb db, TimeProvider clock)
    {
        private static readonly PersonalHash Hash = new(
            Options.Create(new PrivacyOptions { HashKey = Convert.ToBase64String(SHA256.HashData([1])) }));
        private readonly AuditWriter audit = new(clock);

        public PortalDb Db => db;

        public TenantStore Tenants => new(db, audit, Hash, clock);

        public UserStore Users => new(db, new ParticipationTransitions(audit, clock), audit, clock);

        public ProfileStore Profiles => new(db, audit, Hash, clock);

        public InviteStore Invites => new(db, audit, Hash, clock);

        public InviteSyncStore Sync => new(db, clock);

        public NotificationStore Notifications => new(db, clock);
    }
}
