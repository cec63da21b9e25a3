using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Db;
using Portal.LocalVendors;
using Portal.Postgres;
using Portal.ShareLinks;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// A million tasks in 100 tenants and 10 000 share links. Half of all tasks are in the first tenant, so that its list has a 10 000th page; the
/// others have some five thousand each.
/// </summary>
public sealed record ApiData(
    IReadOnlyList<Guid> Tenants, IReadOnlyList<string> Sessions, IReadOnlyList<(Guid Id, int Tenant)> Tasks, IReadOnlyList<string> Tokens, ApiSettings Settings)
{
    public const int TenantCount = 100;
    private const int TasksOfFirst = 505_000;
    private const int TasksOfOthers = 5_000;
    private const int LinksOfEach = 100;
    private const int TasksKnown = 200_000;

    public static Guid Key(string kind, int number) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}-{number}")).AsSpan(0, 16));

    public static string ClerkUser(int tenant) => $"user_bench_{tenant}";

    public static string Organization(int tenant) => $"org_bench_{tenant}";

    /// <param name="scale">1: as the name says. Smaller for trying out.</param>
    public static async Task<ApiData> SeedAsync(BenchmarkDatabase database, LocalClerk clerk, double scale)
    {
        await Migrator.ApplyAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var sessions = new List<string>();
        for (var t = 0; t < TenantCount; t++)
        {
            await SeedTenantAsync(connection, t, (int)((t == 0 ? TasksOfFirst : TasksOfOthers) * scale));
            await clerk.AddPersonAsync(new($"bench{t}", ClerkUser(t), $"bench{t}@portal.example", $"Bench {t}", Organization(t), Organization(t), "admin"));
            sessions.Add((await clerk.SignInAsync($"bench{t}", new() { Lifetime = TimeSpan.FromHours(2) })).Jwt);
        }

        var settings = ApiSettings.New(database.ConnectionString, clerk);
        var tokens = await SeedLinksAsync(connection, settings);
        foreach (var table in new[] { "tasks", "projects", "assets", "asset_versions", "share_links", "users", "tenants", "audit_log", "milestones" })
        {
            await connection.ExecuteAsync($"vacuum analyze portal.{table}", commandTimeout: 600);
        }

        // Of every tenant alike, shuffled: no scenario walks the table from one end to the other.
        var tasks = await connection.QueryAsync<(Guid, Guid)>("""
            select id, tenant_id from (select id, tenant_id, row_number() over (partition by tenant_id) n from portal.tasks) t
             where n <= @each order by md5(id::text)
            """, new { each = TasksKnown / TenantCount }, commandTimeout: 600);
        var tenants = Enumerable.Range(0, TenantCount).Select(t => Key("tenant", t)).ToList();
        var number = tenants.Select((id, n) => (id, n)).ToDictionary(x => x.id, x => x.n);
        return new(tenants, sessions, [.. tasks.Select(t => (t.Item1, number[t.Item2]))], tokens, settings);
    }

    private static Task SeedTenantAsync(NpgsqlConnection connection, int number, int tasks) => connection.ExecuteAsync("""
        insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at) values (@tenant, @organization, @organization, now(), now());
        insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
        values (@user, @tenant, @clerkUser, 'bench@portal.example', @clerkUser, 'admin', now(), now());
        insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
        values (@project, @tenant, 'Project', @user, now(), now());
        insert into portal.tasks (id, tenant_id, project_id, title, description, status, priority, due_on, created_by, created_at, updated_at)
        select gen_random_uuid(), @tenant, @project, 'Task ' || md5(n::text), repeat('word ', 10), (array['pending', 'in_progress', 'blocked'])[1 + n % 3],
               (array['low', 'normal', 'high', 'urgent'])[1 + n % 4], current_date + n % 365, @user, at, at
          from generate_series(1, @tasks) n, lateral (select now() - make_interval(secs => @tasks - n) as at) x;
        insert into portal.assets (id, tenant_id, project_id, title, created_by, created_at, updated_at)
        values (@asset, @tenant, @project, 'Cut one', @user, now(), now());
        insert into portal.asset_versions (id, tenant_id, asset_id, number, status, file_name, size_bytes, mux_asset_id, playback_id, duration_s, aspect_ratio, created_at, updated_at)
        values (@version, @tenant, @asset, 1, 'ready', 'cut.mp4', 1000, @playback, @playback, 12.5, '16:9', now(), now());
        """, new
    {
        tenant = Key("tenant", number),
        user = Key("user", number),
        project = Key("project", number),
        asset = Key("asset", number),
        version = Key("version", number),
        organization = Organization(number),
        clerkUser = ClerkUser(number),
        playback = $"playback{number}",
        tasks,
    }, commandTimeout: 900);

    private static async Task<IReadOnlyList<string>> SeedLinksAsync(NpgsqlConnection connection, ApiSettings settings)
    {
        var maker = new ShareTokens(Options.Create(new ShareLinkOptions { Keys = new() { ["k1"] = settings.Key }, CurrentKey = "k1" }));
        var tokens = new List<string>();
        for (var t = 0; t < TenantCount; t++)
        {
            var ids = Enumerable.Range(0, LinksOfEach).Select(n => Key("link", (t * LinksOfEach) + n)).ToArray();
            var made = ids.Select(id => maker.Make(new ShareLinkId(id), 1, "k1")).ToList();
            await connection.ExecuteAsync("""
                insert into portal.share_links (id, tenant_id, project_id, asset_id, token_hash, token_kid, expires_at, notify, created_by, created_at, updated_at)
                select id, @tenant, @project, @asset, hash, 'k1', now() + interval '6 days', 'off', @user, now(), now() from unnest(@ids, @hashes) x (id, hash)
                """, new
            {
                tenant = Key("tenant", t),
                project = Key("project", t),
                asset = Key("asset", t),
                user = Key("user", t),
                ids,
                hashes = made.Select(token => ShareTokens.Hash(token)!).ToArray(),
            });
            tokens.AddRange(made);
        }

        return tokens;
    }
}
