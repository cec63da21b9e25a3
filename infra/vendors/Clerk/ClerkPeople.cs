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
        membership_metadata::text as MembershipMetadata, organization_name as OrganizationName, created_at as CreatedAt,
        updated_at as UpdatedAt
        """;

    public async Task AddAsync(LocalPerson person)
    {
        await using var connection = await host.Data.OpenConnectionAsync();
        await AddAsync(connection, null, person);
    }

    /// <summary>A person of the same handle is replaced: launchers register the same people at every start. An organization that has
    /// people already keeps its name and slug.</summary>
    public Task<LocalPerson> AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, LocalPerson person) => connection.QuerySingleAsync<LocalPerson>(
        $"""
        with organization as (
            select organization_slug as slug, organization_name as name from vendors.clerk_people
            where organization_id = @OrganizationId and organization_name is not null order by created_at, handle limit 1
        )
        insert into vendors.clerk_people as p (handle, user_id, email, name, organization_id, organization_slug, organization_role,
                                               organization_name, membership_metadata, created_at, updated_at)
        values (@Handle, @UserId, @Email, @Name, @OrganizationId,
                coalesce(@OrganizationSlug, (select slug from organization), @OrganizationId), @OrganizationRole,
                coalesce(@OrganizationName, (select name from organization)), @MembershipMetadata::jsonb, @now, @now)
        on conflict (handle) do update set
            user_id = excluded.user_id, email = excluded.email, name = excluded.name, organization_id = excluded.organization_id,
            organization_slug = excluded.organization_slug, organization_role = excluded.organization_role,
            organization_name = excluded.organization_name, membership_metadata = excluded.membership_metadata,
            updated_at = case
                when (p.user_id, p.email, p.name, p.organization_id, p.organization_role, p.membership_metadata) is distinct from
                     (excluded.user_id, excluded.email, excluded.name, excluded.organization_id, excluded.organization_role,
                      excluded.membership_metadata)
                then excluded.updated_at else p.updated_at end
        returning {Columns}
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
            person.OrganizationName,
            person.MembershipMetadata,
            now = host.Now.UtcDateTime,
        }, transaction);

    /// <summary>By handle or address.</summary>
    public Task<LocalPerson?> ByHandleAsync(string handle, CancellationToken ct) =>
        FindAsync("handle = @value or lower(email) = lower(@value)", handle, ct);

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

    public static JsonObject User(LocalPerson person)
    {
        var names = person.Name.Split(' ', 2);
        var emailId = "idn_" + person.UserId;
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
            ["last_sign_in_at"] = Milliseconds(person.CreatedAt),
            ["created_at"] = Milliseconds(person.CreatedAt),
            ["updated_at"] = Milliseconds(person.UpdatedAt),
        };
    }

    public static JsonObject Membership(LocalPerson person) => new()
    {
        ["id"] = "orgmem_" + person.UserId,
        ["object"] = "organization_membership",
        ["role"] = "org:" + BareRole(person),
        ["organization"] = new JsonObject
        {
            ["id"] = person.OrganizationId,
            ["object"] = "organization",
            ["name"] = person.OrganizationName ?? person.OrganizationSlug,
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
        ["created_at"] = Milliseconds(person.CreatedAt),
        ["updated_at"] = Milliseconds(person.UpdatedAt),
    };

    public static long Milliseconds(DateTime at) => new DateTimeOffset(at, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private async Task<LocalPerson?> FindAsync(string condition, string value, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<LocalPerson?>(
            $"select {Columns} from vendors.clerk_people where {condition}", new { value });
    }
}
