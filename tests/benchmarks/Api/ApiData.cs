using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Foundation.Identity;
using Portal.LocalVendors;
using Portal.Postgres;
using Portal.Sharing.ShareLinks;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>
/// A million tasks in 100 tenants and 10 000 share links. Half of all tasks are in the first tenant, so that its list has a 10 000th page;
/// the others have some five thousand each.
/// </summary>
/// <param name="LinkTokens">The token of every link.</param>
public sealed record ApiData(
    IReadOnlyList<Guid> Tenants, IReadOnlyList<string> Sessions, IReadOnlyList<(Guid Id, int Tenant)> Tasks,
    IReadOnlyList<string> LinkTokens, ApiSettings Settings)
{
    public const int TenantCount = 100;
    private const int TasksOfFirst = 505_000;
    private const int TasksOfOthers = 5_000;
    private const int LinksOfEach = 100;
    private const int TasksKnown = 300_000;
    private const int TimeLimit = 900;

    public static Guid Key(string kind, int number) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}-{number}")).AsSpan(0, 16));

    public static string ClerkUser(int tenant) => $"user_bench_{tenant}";

    public static string Organization(int tenant) => $"org_bench_{tenant}";

    /// <param name="scale">1: as the name says. Smaller for trying out.</param>
    public static async Task<ApiData> SeedAsync(BenchmarkDatabase database, LocalClerk clerk, double scale)
    {
        await Migrator.ApplyAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await NameTenantsAsync(connection);
        await connection.ExecuteAsync(SeedSql.Tenants, commandTimeout: TimeLimit);
        await FillTasksAsync(connection, scale);
        await connection.ExecuteAsync(SeedSql.Others, new { scale }, commandTimeout: TimeLimit);
        var settings = ApiSettings.New(database.ConnectionString, clerk);
        var tokens = await SeedLinksAsync(connection, settings);
        await connection.ExecuteAsync(SeedSql.OfLinks, commandTimeout: TimeLimit);
        await connection.ExecuteAsync(
            SeedSql.Audit, new { each = (int)(SeedSql.AuditRows * scale / TenantCount) }, commandTimeout: TimeLimit);
        await connection.ExecuteAsync("vacuum analyze", commandTimeout: TimeLimit);

        // Of every tenant alike, shuffled: no scenario walks the table from one end to the other. Without a milestone: what is sent for
        // one task is sent for another, and milestones belong to one tenant.
        var tasks = await connection.QueryAsync<(Guid, int)>("""
            select id, number from (select k.id, b.number, row_number() over (partition by k.tenant_id) n from portal.tasks k join bench b
               on b.tenant = k.tenant_id where k.milestone_id is null) t
             where n <= @each order by md5(id::text)
            """, new { each = TasksKnown / TenantCount }, commandTimeout: TimeLimit);
        return new(
            [.. Enumerable.Range(0, TenantCount).Select(t => Key("tenant", t))], await SignInAsync(clerk), [.. tasks], tokens, settings);
    }

    /// <summary>The ids that the rest is put together from, in a table of this connection.</summary>
    private static async Task NameTenantsAsync(NpgsqlConnection connection)
    {
        await connection.ExecuteAsync("""
            create temp table bench (number integer, tenant uuid, admin uuid, member uuid, project uuid, asset uuid, version uuid,
            organization text, clerk_user text)
            """);
        await connection.ExecuteAsync("insert into bench values (@number, @tenant, @admin, @member, @project, @asset, @version, "
            + "@organization, @clerkUser)",
            Enumerable.Range(0, TenantCount).Select(number => new
            {
                number,
                tenant = Key("tenant", number),
                admin = Key("user", number),
                member = Key("member", number),
                project = Key("project", number),
                asset = Key("asset", number),
                version = Key("version", number),
                organization = Organization(number),
                clerkUser = ClerkUser(number),
            }));
    }

    /// <summary>Indexes are made once everything is there: a minute less.</summary>
    private static async Task FillTasksAsync(NpgsqlConnection connection, double scale)
    {
        var indexes = (await connection.QueryAsync<(string Name, string Text)>("""
            select indexname, indexdef from pg_indexes x where schemaname = 'portal' and tablename = 'tasks'
               and not exists (select 1 from pg_constraint c
                  where c.conindid = (quote_ident(x.schemaname) || '.' || quote_ident(x.indexname))::regclass)
            """)).ToList();
        foreach (var (name, _) in indexes)
        {
            await connection.ExecuteAsync("drop index portal." + name);
        }

        await connection.ExecuteAsync(
            SeedSql.Tasks, new { first = (int)(TasksOfFirst * scale), others = (int)(TasksOfOthers * scale) }, commandTimeout: TimeLimit);
        foreach (var (_, text) in indexes)
        {
            await connection.ExecuteAsync(text, commandTimeout: TimeLimit);
        }
    }

    private static async Task<IReadOnlyList<string>> SignInAsync(LocalClerk clerk)
    {
        var sessions = new List<string>();
        for (var t = 0; t < TenantCount; t++)
        {
            await clerk.AddPersonAsync(
                new($"bench{t}", ClerkUser(t), $"bench{t}@portal.example", $"Bench {t}", Organization(t), Organization(t), "admin"));
            sessions.Add((await clerk.SignInAsync($"bench{t}", new() { Lifetime = TimeSpan.FromHours(2) })).Jwt);
        }

        return sessions;
    }

    private static async Task<IReadOnlyList<string>> SeedLinksAsync(NpgsqlConnection connection, ApiSettings settings)
    {
        var maker = new ShareTokens(Options.Create(new ShareLinkOptions { Keys = new() { ["k1"] = settings.Key }, CurrentKey = "k1" }));
        var ids = Enumerable.Range(0, TenantCount * LinksOfEach).Select(n => Key("link", n)).ToArray();
        var made = ids.Select(id => maker.Make(new ShareLinkId(id), 1, "k1")).ToList();
        await connection.ExecuteAsync("""
            insert into portal.share_links (id, tenant_id, project_id, asset_id, token_hash, token_kid, expires_at, notify, created_by,
               created_at, updated_at)
            select id, b.tenant, b.project, b.asset, hash, 'k1', now() + interval '6 days', 'off', b.admin,
               now() - make_interval(secs => x.n), now()
              from unnest(@ids, @hashes) with ordinality x (id, hash, n) join bench b on b.number = (x.n - 1) / @each
            """, new { ids, hashes = made.Select(token => ShareTokens.Hash(token)!).ToArray(), each = LinksOfEach });
        return made;
    }
}
