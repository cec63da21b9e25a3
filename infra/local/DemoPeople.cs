using Dapper;
using Npgsql;
using Portal.LocalVendors;

namespace Portal.Local;

/// <summary>A tenant of the demo.</summary>
internal sealed record DemoTenant(Guid Id, string OrganizationId, string Slug, string Name);

/// <summary>Somebody who can sign in. <c>Role</c> is ours; an Operator belongs to no tenant.</summary>
internal sealed record DemoPerson(string Handle, Guid Id, string UserId, string Name, DemoTenant? Tenant, string? Role)
{
    public string Email => $"{Handle}@{Tenant?.Slug ?? "portal"}.example";

    public LocalPerson AtClerk => new(
        Handle, UserId, Email, Name, Tenant?.OrganizationId, Tenant?.Slug,
        Role is null ? null : Role == "admin" ? "org:admin" : "org:member", OrganizationName: Tenant?.Name);
}

/// <summary>Who is there to try things with: one tenant with every role, a second one, somebody on call. Ids never change.</summary>
internal static class DemoPeople
{
    public static readonly DemoTenant Harbour =
        new(new("01900000-0000-7000-8000-000000000001"), "org_2harbourFilmsLocalDemo00001", "harbour-films", "Harbour Films");

    public static readonly DemoTenant Reef =
        new(new("01900000-0000-7000-8000-000000000002"), "org_2reefCoachingLocalDemo00002", "reef-coaching", "Reef Coaching");

    public static readonly DemoPerson Admin = Member("admin", 0x11, "Ada Harbour", Harbour, "admin");
    public static readonly DemoPerson Agency = Member("agency", 0x12, "Gus Agency", Harbour, "agency");

    public static readonly DemoPerson Operator =
        new("operator", Guid.Empty, "user_2localDemoOperator000000021", "Otto Operator", null, null);

    public static readonly IReadOnlyList<DemoPerson> All =
    [
        Admin,
        Agency,
        Member("client", 0x13, "Cleo Client", Harbour, "client"),
        Member("compliance", 0x14, "Connie Compliance", Harbour, "compliance"),
        Operator,
        Member("other-admin", 0x31, "Rita Reef", Reef, "admin"),
    ];

    public static string Names => string.Join(", ", All.Select(person => person.Handle));

    public static DemoPerson? Find(string handle) => All.FirstOrDefault(person => person.Handle == handle);

    /// <summary>Writes tenants and people unless they are there. What somebody changed meanwhile stays as it is.</summary>
    public static async Task<string> WriteAsync(NpgsqlDataSource data, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var tenant in new[] { Harbour, Reef })
        {
            await connection.ExecuteAsync(
                """
                insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at)
                values (@Id, @OrganizationId, @Name, @now, @now) on conflict do nothing
                """, new { tenant.Id, tenant.OrganizationId, tenant.Name, now }, transaction);
        }

        foreach (var person in All)
        {
            await connection.ExecuteAsync(
                person.Tenant is null
                    ? "insert into portal.operators (clerk_user_id, created_at) values (@UserId, @now) on conflict do nothing"
                    : """
                      insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
                      values (@Id, @tenant, @UserId, @Email, @Name, @Role, @now, @now) on conflict do nothing
                      """,
                new { person.Id, tenant = person.Tenant?.Id, person.UserId, person.Email, person.Name, person.Role, now },
                transaction);
        }

        await transaction.CommitAsync(ct);
        return $"{Harbour.Name} and {Reef.Name}: {Names}";
    }

    private static DemoPerson Member(string handle, int number, string name, DemoTenant tenant, string role) =>
        new(
            handle, new(
                $"01900000-0000-7000-8000-0000000000{number:x2}"), $"user_2localDemoPerson0000000000{number:x2}", name, tenant, role);
}
