using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>What happens to people at Clerk after they are there: each change with the events that tell of it, in one
/// transaction.</summary>
internal sealed class ClerkChanges(VendorHost host, ClerkPeople people, LocalClerkEvents events)
{
    /// <summary>Null: there is nobody with this id.</summary>
    public Task<JsonObject?> DeleteAsync(string userId, CancellationToken ct) =>
        ChangeAsync<JsonObject?>(userId, async (connection, transaction, person) =>
    {
        var gone = new JsonObject { ["id"] = person.UserId, ["object"] = "user", ["deleted"] = true, ["external_id"] = null };
        await ClerkPeople.DeleteAsync(connection, transaction, person.UserId);
        await events.EmitAsync(connection, transaction, "user.deleted", person.UserId, gone.DeepClone().AsObject());
        return gone;
    }, null, ct);

    /// <summary>Somebody signs up with an organization of their own, whose admin they are.</summary>
    public Task<LocalPerson> SignUpAsync(string email, string name, string organization, CancellationToken ct) =>
        host.TransactAsync(async (connection, transaction) =>
        {
            var id = "org_" + Ids.New(27);
            var slug = string.Concat(organization.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
            var person = await people.AddAsync(connection, transaction, new LocalPerson(
                email, "user_" + Ids.New(27), email, name, id, slug, "org:admin", OrganizationName: organization));
            await events.EmitAsync(connection, transaction, "user.created", person.UserId, ClerkPeople.User(person));
            await events.EmitAsync(
                connection, transaction, "organizationMembership.created", person.UserId, ClerkPeople.Membership(person));
            return person;
        }, ct);

    /// <summary>A new name, a new address, or both.</summary>
    public Task<bool> UpdateAsync(string userId, string? name, string? email, CancellationToken ct) =>
        ChangeAsync(userId, async (connection, transaction, person) =>
    {
        var changed = await people.AddAsync(
            connection, transaction, person with { Name = name ?? person.Name, Email = email ?? person.Email });
        await events.EmitAsync(connection, transaction, "user.updated", person.UserId, ClerkPeople.User(changed));
        return true;
    }, false, ct);

    /// <summary>Put into an organization by hand, without an invitation.</summary>
    public Task<bool> JoinAsync(string userId, string organization, CancellationToken ct) =>
        ChangeAsync(userId, async (connection, transaction, person) =>
    {
        var member = await people.AddAsync(connection, transaction, person with
        {
            OrganizationId = organization,
            OrganizationSlug = null,
            OrganizationName = null,
            OrganizationRole = "org:member",
            MembershipMetadata = "{}",
        });
        await events.EmitAsync(connection, transaction, "organizationMembership.created", person.UserId, ClerkPeople.Membership(member));
        return true;
    }, false, ct);

    /// <summary>Another role in the organization that they are in.</summary>
    public Task<bool> ChangeRoleAsync(string userId, string role, CancellationToken ct) =>
        ChangeAsync(userId, async (connection, transaction, person) =>
    {
        var member = await people.AddAsync(connection, transaction, person with { OrganizationRole = role });
        await events.EmitAsync(connection, transaction, "organizationMembership.updated", person.UserId, ClerkPeople.Membership(member));
        return true;
    }, false, ct);

    /// <summary>Taken out of their organization. False: they are in none.</summary>
    public Task<bool> LeaveAsync(string userId, CancellationToken ct) => ChangeAsync(userId, async (connection, transaction, person) =>
    {
        if (person.OrganizationId is null)
        {
            return false;
        }
        await connection.ExecuteAsync(
            """
            update vendors.clerk_people set organization_id = null, organization_slug = null, organization_name = null,
               organization_role = null, membership_metadata = '{}'
            where user_id = @userId
            """, new { userId }, transaction);
        await events.EmitAsync(connection, transaction, "organizationMembership.deleted", person.UserId, ClerkPeople.Membership(person));
        return true;
    }, false, ct);

    /// <summary>An organization goes, with its memberships and invitations. Null: nobody is in it, and nobody is invited.</summary>
    public Task<JsonObject?> DeleteOrganizationAsync(string organization, CancellationToken ct) =>
        host.TransactAsync<JsonObject?>(async (connection, transaction) =>
        {
            var touched = await connection.ExecuteAsync(
                """
                delete from vendors.clerk_invitations where organization_id = @organization;
                update vendors.clerk_people set organization_id = null, organization_slug = null, organization_name = null,
                   organization_role = null, membership_metadata = '{}' where organization_id = @organization
                """, new { organization }, transaction);
            if (touched == 0)
            {
                return null;
            }
            var gone = new JsonObject { ["id"] = organization, ["object"] = "organization", ["deleted"] = true, ["external_id"] = null };
            await events.EmitAsync(connection, transaction, "organization.deleted", organization, gone.DeepClone().AsObject());
            return gone;
        }, ct);

    private async Task<T> ChangeAsync<T>(
        string userId, Func<NpgsqlConnection, NpgsqlTransaction, LocalPerson, Task<T>> change, T nobody, CancellationToken ct) =>
        await people.ByIdAsync(userId, ct) is { } person
            ? await host.TransactAsync((connection, transaction) => change(connection, transaction, person), ct)
            : nobody;
}
