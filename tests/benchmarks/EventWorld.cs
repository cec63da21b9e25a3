using System.Text.Json;
using Dapper;
using Npgsql;
using Portal.Foundation.Identity;

namespace Portal.Tests.Benchmarks;

/// <summary>An event as a benchmark makes it up.</summary>
public sealed record MadeEvent(TenantId Tenant, string Type, string AggregateType, Guid Aggregate, Guid Actor, object Payload)
{
    public string Json => JsonSerializer.Serialize(Payload, JsonSerializerOptions.Web);
}

/// <summary>Tenants of one project each, with ten people in it and twenty tasks that two of them follow.</summary>
public sealed class EventWorld
{
    private const int People = 10;
    private const int Tasks = 20;

    private static readonly (string Type, int Share)[] Mix =
    [
        (
            "task_status_changed", 40), ("task_created", 15), ("comment_added", 20), ("project_created", 8), ("share_link_revoked", 7), (
                "notifications_marked", 5),
        ("user_enrolled", 3), ("task_updated", 2),
    ];

    private readonly List<TenantWorld> tenants = [];

    public static async Task<EventWorld> FillAsync(NpgsqlDataSource owner, int tenants)
    {
        var world = new EventWorld();
        await using var connection = await owner.OpenConnectionAsync();
        for (var i = 0; i < tenants; i++)
        {
            var tenant = new TenantWorld(Guid.CreateVersion7(), Guid.CreateVersion7(), Keys(People), Keys(Tasks));
            world.tenants.Add(tenant);
            await connection.ExecuteAsync("""
                insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at)
                   values (@Id, 'org_' || @Id::text, 'Tenant', now(), now());
                insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
                select u, @Id, 'user_' || u::text, u::text || '@portal.example', 'Somebody', case n when 1 then 'admin' else 'agency' end,
                   now(), now() from unnest(@People) with ordinality as p (u, n);
                insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
                   values (@Project, @Id, 'Project', @creator, now(), now());
                insert into portal.project_members (tenant_id, project_id, user_id, added_at) select @Id, @Project, u, now()
                   from unnest(@People) u;
                insert into portal.tasks (id, tenant_id, project_id, title, created_by, created_at, updated_at) select t, @Id, @Project,
                   'Task', @creator, now(), now() from unnest(@Tasks) t;
                insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at) select @Id, @Project, t,
                   (@People)[2 + n % 4], now() from unnest(@Tasks) with ordinality as x (t, n);
                insert into portal.task_watchers (tenant_id, project_id, task_id, user_id, added_at) select @Id, @Project, t,
                   (@People)[6 + n % 4], now() from unnest(@Tasks) with ordinality as x (t, n);
                """, new { tenant.Id, tenant.Project, tenant.People, tenant.Tasks, creator = tenant.People[0] });
        }

        await connection.ExecuteAsync(
            "analyze portal.users; analyze portal.tasks; analyze portal.project_members; analyze portal.task_assignees; analyze "
                + "portal.task_watchers");
        return world;
    }

    public MadeEvent Event(Random random, string type)
    {
        var tenant = tenants[random.Next(tenants.Count)];
        var (actor, other) = (tenant.People[random.Next(1, People)], tenant.People[random.Next(1, People)]);
        var key = Guid.CreateVersion7();
        return type switch
        {
            "task_status_changed" =>
                new(
                    new(tenant.Id), type, "task", tenant.Tasks[random.Next(Tasks)], actor,
                    new { status = "in_progress", previous = "pending", projectId = tenant.Project }),
            "comment_added" => new(new(tenant.Id), type, "comment", key, actor,
                new
                {
                    commentId = key,
                    threadId = key,
                    projectId = tenant.Project,
                    assetVersionId = key,
                    visibility = "team",
                    mentions = new[] { other },
                }),
            "project_created" =>
                new(new(tenant.Id), type, "project", tenant.Project, tenant.People[0], new { projectId = tenant.Project }),
            "notifications_marked" => new(new(tenant.Id), type, "user", actor, actor, new { unread = -1 }),
            "user_enrolled" => new(new(tenant.Id), type, "user", actor, actor, new { role = "agency" }),
            "share_link_revoked" =>
                new(new(tenant.Id), type, "share_link", key, actor, new { status = "revoked", projectId = tenant.Project }),
            _ => new(new(tenant.Id), type, "task", tenant.Tasks[random.Next(Tasks)], actor, new { projectId = tenant.Project }),
        };
    }

    /// <summary>So many events of all types in the outbox.</summary>
    public async Task BacklogAsync(NpgsqlDataSource owner, int count)
    {
        var random = new Random(1);
        var made = Enumerable.Range(0, count).Select(_ => Event(random, Type(random))).ToArray();
        await using var connection = await owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
            select e.id, e.tenant, e.kind, e.aggregate, e.type, e.payload::jsonb, e.actor, now()
              from unnest(@ids, @tenants, @kinds, @aggregates, @types, @payloads, @actors) as e (id, tenant, kind, aggregate, type,
                 payload, actor)
            """, new
        {
            ids = Keys(count),
            tenants = made.Select(e => e.Tenant.Value).ToArray(),
            kinds = made.Select(e => e.AggregateType).ToArray(),
            aggregates = made.Select(e => e.Aggregate).ToArray(),
            types = made.Select(e => e.Type).ToArray(),
            payloads = made.Select(e => e.Json).ToArray(),
            actors = made.Select(e => e.Actor).ToArray(),
        }, commandTimeout: 120);
        await connection.ExecuteAsync("analyze portal.events; analyze portal.outbox");
    }

    private static string Type(Random random)
    {
        var at = random.Next(Mix.Sum(m => m.Share));
        return Mix.First(m => (at -= m.Share) < 0).Type;
    }

    private static Guid[] Keys(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7())];

    private sealed record TenantWorld(Guid Id, Guid Project, Guid[] People, Guid[] Tasks);
}
