using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>People and their one organization each: rows, and how Clerk shows them.</summary>
internal sealed class ClerkPeople(VendorHost host)
{
    private const string Columns =
        """
        handle as Handle, user_id as UserId, email as Email, name as Name, organization_id as OrganizationId,
        organization_slug as OrganizationSlug, organization_role as OrganizationRole,
        membership_metadata::text as MembershipMetadata
        """;

    public async Task AddAsync(LocalPerson person)
    {
        await using var connection = await host.Data.OpenConnectionAsync();
        await AddAsync(connection, null, person);
    }

    /// <summary>A person of the same handle is replaced: launchers register the same people at every start.</summary>
    public Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, LocalPerson person) => connection.ExecuteAsync(
        """
        insert into vendors.clerk_people (handle, user_id, email, name, organization_id, organization_slug, organization_role,
                                          membership_metadata, created_at)
        values (@Handle, @UserId, @Email, @Name, @OrganizationId, @OrganizationSlug, @OrganizationRole, @MembershipMetadata::jsonb, @now)
        on conflict (handle) do update set
            user_id = excluded.user_id, email = excluded.email, name = excluded.name, organization_id = excluded.organization_id,
            organization_slug = excluded.organization_slug, organization_role = excluded.organization_role,
            membership_metadata = excluded.membership_metadata
        """,
        new
        {
            person.Handle,
            person.UserId,
            person.Email,
            person.Name,
            person.OrganizationId,
            person.OrganizationSlug,
            person.OrganizationRole,
            person.MembershipMetadata,
            now = host.Now.UtcDateTime,
        }, transaction);

    public Task<LocalPerson?> ByHandleAsync(string handle, CancellationToken ct) => FindAsync("handle = @value", handle, ct);

    public Task<LocalPerson?> ByIdAsync(string userId, CancellationToken ct) => FindAsync("user_id = @value", userId, ct);

    public Task<LocalPerson?> ByEmailAsync(string email, CancellationToken ct) => FindAsync("lower(email) = lower(@value)", email, ct);

    public async Task<IReadOnlyList<LocalPerson>> ListAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return (
            await connection.QueryAsync<LocalPerson>($"select {Columns} from vendors.clerk_people order by created_at, handle")).AsList();
    }

    public static Task DeleteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string userId) =>
        connection.ExecuteAsync("delete from vendors.clerk_people where user_id = @userId", new { userId }, transaction);

    public static string BareRole(LocalPerson person) => Bare(person.OrganizationRole ?? "member");

    public static string Bare(string role) => role.StartsWith("org:", StringComparison.Ordinal) ? role["org:".Length..] : role;

    public JsonObject User(LocalPerson person)
    {
        var names = person.Name.Split(' ', 2);
        var emailId = "idn_" + person.UserId;
        var now = host.Now.ToUnixTimeMilliseconds();
        return new JsonObject
        {
            ["id"] = person.UserId,
            ["object"] = "user",
            ["first_name"] = names[0],
            ["last_name"] = names.Length > 1 ? names[1] : null,
            ["username"] = null,
            ["image_url"] = "",
            ["primary_email_address_id"] = emailId,
            ["email_addresses"] = new JsonArray(new JsonObject
            {
                ["id"] = emailId,
                ["object"] = "email_address",
                ["email_address"] = person.Email,
                ["verification"] = new JsonObject { ["status"] = "verified", ["strategy"] = "ticket" },
                ["linked_to"] = new JsonArray(),
            }),
            ["banned"] = false,
            ["locked"] = false,
            ["public_metadata"] = new JsonObject(),
            ["private_metadata"] = new JsonObject(),
            ["unsafe_metadata"] = new JsonObject(),
            ["external_id"] = null,
            ["last_sign_in_at"] = now,
            ["created_at"] = now,
            ["updated_at"] = now,
        };
    }

    public JsonObject Membership(LocalPerson person)
    {
        var now = host.Now.ToUnixTimeMilliseconds();
        return new JsonObject
        {
            ["id"] = "orgmem_" + person.UserId,
            ["object"] = "organization_membership",
            ["role"] = "org:" + BareRole(person),
            ["organization"] = new JsonObject
            {
                ["id"] = person.OrganizationId,
                ["object"] = "organization",
                ["name"] = person.OrganizationSlug,
                ["slug"] = person.OrganizationSlug,
            },
            ["public_user_data"] = new JsonObject
            {
                ["user_id"] = person.UserId,
                ["identifier"] = person.Email,
                ["first_name"] = person.Name.Split(' ', 2)[0],
                ["last_name"] = person.Name.Contains(' ', StringComparison.Ordinal) ? person.Name.Split(' ', 2)[1] : null,
            },
            ["public_metadata"] = JsonNode.Parse(person.MembershipMetadata),
            ["created_at"] = now,
            ["updated_at"] = now,
        };
    }

    private async Task<LocalPerson?> FindAsync(string condition, string value, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<LocalPerson?>(
            $"select {Columns} from vendors.clerk_people where {condition}", new { value });
    }
}
