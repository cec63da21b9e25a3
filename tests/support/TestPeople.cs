using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Portal.LocalVendors;

namespace Portal.Tests.Support;

/// <summary>Two tenants with people of every role, and an Operator. Handles are what tests call them.</summary>
public static class TestPeople
{
    public static readonly Guid Tenant = new("11111111-1111-7111-8111-111111111111");
    public static readonly Guid OtherTenant = new("22222222-2222-7222-8222-222222222222");

    /// <summary>Agency people beyond "agency": the limit of 20 uploads a day is per person.</summary>
    public const int Crew = 6;

    public static Guid UserId(string handle) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"portal-test-{handle}")).AsSpan(0, 16));

    public static async Task AddAsync(string admin, LocalClerk clerk, DateTimeOffset now)
    {
        await using var connection = new NpgsqlConnection(admin);
        await connection.ExecuteAsync("""
            insert into portal.tenants (id, clerk_org_id, name, created_at, updated_at)
            values (@Tenant, 'org_harbour', 'Harbour', @now, @now), (@OtherTenant, 'org_other', 'Other', @now, @now);
            insert into portal.operators (clerk_user_id, created_at) values ('user_operator', @now);
            """, new { Tenant, OtherTenant, now });
        foreach (var role in new[] { "admin", "agency", "client", "compliance" })
        {
            await AddAsync(connection, clerk, role, role, Tenant, "org_harbour", now);
        }

        for (var i = 1; i <= Crew; i++)
        {
            await AddAsync(connection, clerk, $"crew{i}", "agency", Tenant, "org_harbour", now);
        }

        await AddAsync(connection, clerk, "other-admin", "admin", OtherTenant, "org_other", now);
        await clerk.AddPersonAsync(new("operator", "user_operator", "operator@portal.example", "Olive Operator"));
    }

    private static async Task AddAsync(
        NpgsqlConnection connection, LocalClerk clerk, string handle, string role, Guid tenant, string organization, DateTimeOffset now)
    {
        await connection.ExecuteAsync("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@id, @tenant, @clerkUser, @email, @handle, @role, @now, @now)
            """, new { id = UserId(handle), tenant, clerkUser = $"user_{handle}", email = $"{handle}@portal.example", handle, role, now });
        await clerk.AddPersonAsync(new(handle, $"user_{handle}", $"{handle}@portal.example", handle, organization, organization, role));
    }
}
