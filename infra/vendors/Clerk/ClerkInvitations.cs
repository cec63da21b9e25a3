using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>
/// Invitations to the application and to organizations: create, list, revoke; and accepting one, which a person does by its link.
/// Only those to organizations tell by webhook, as at Clerk.
/// </summary>
internal sealed class ClerkInvitations(VendorHost host, ClerkPeople people, LocalClerkEvents events)
{
    public void Map(ClerkApi api, WebApplication app)
    {
        api.Map(app, "POST", "/v1/invitations", async context =>
            await api.LimitAsync(context, "invitations", 100 / 3600.0, 100) ?? await CreateAsync(context, null));
        api.Map(app, "GET", "/v1/invitations", context => ListAsync(context, null));
        api.Map(app, "POST", "/v1/invitations/{id}/revoke", context => RevokeAsync(context, null));
        api.Map(app, "POST", "/v1/organizations/{org}/invitations", async context =>
            await api.LimitAsync(context, "organization-invitations", 250 / 3600.0, 250)
                ?? await CreateAsync(context, context.Route("org")));
        api.Map(app, "GET", "/v1/organizations/{org}/invitations", context => ListAsync(context, context.Route("org")));
        api.Map(app, "GET", "/v1/organizations/{org}/invitations/{id}", GetAsync);
        api.Map(app, "POST", "/v1/organizations/{org}/invitations/{id}/revoke", context => RevokeAsync(context, context.Route("org")));
    }

    /// <summary>The invited person signs up. False: no such pending invitation. Emits what Clerk emits.</summary>
    public Task<bool> AcceptAsync(string id, LocalPerson person, CancellationToken ct) =>
        host.TransactAsync(async (connection, transaction) =>
    {
        var row = await FindAsync(connection, id, transaction);
        if (row is null || row.StatusAt(host.Now) != "pending" || !await MoveAsync(connection, transaction, id, "accepted"))
        {
            return false;
        }
        var known = await people.ByIdAsync(person.UserId, ct) is not null;
        var member = await people.AddAsync(connection, transaction, row.OrganizationId is null ? person : person with
        {
            OrganizationId = row.OrganizationId,
            OrganizationSlug = null,
            OrganizationName = null,
            OrganizationRole = row.Role,
            MembershipMetadata = row.PublicMetadata,
        });
        if (!known)
        {
            await events.EmitAsync(connection, transaction, "user.created", member.UserId, ClerkPeople.User(member));
        }

        if (row.OrganizationId is not null)
        {
            var accepted = (await FindAsync(connection, id, transaction))!.Json(host);
            accepted["user_id"] = member.UserId;
            await events.EmitAsync(connection, transaction, "organizationInvitation.accepted", member.UserId, accepted);
            await events.EmitAsync(
                connection, transaction, "organizationMembership.created", member.UserId, ClerkPeople.Membership(member));
        }
        return true;
    }, ct);

    /// <summary>The invitation of a link, and its organization's name. Null: there is none, or it is not pending any more.</summary>
    public async Task<(InvitationRow Invitation, string? Organization)?> PendingAsync(string ticket, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var row = await connection.QuerySingleOrDefaultAsync<InvitationRow?>(
            $"select {InvitationRow.Columns} from vendors.clerk_invitations where ticket = @ticket", new { ticket });
        return row?.StatusAt(host.Now) == "pending"
            ? (row, (await people.ListAsync(ct)).FirstOrDefault(one => one.OrganizationId == row.OrganizationId)?.OrganizationName)
            : null;
    }

    private async Task<VendorReply> CreateAsync(HttpContext context, string? organization)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        if (!readable || body is not JsonObject fields)
        {
            return ClerkApi.Refuse(400, "request_body_invalid", "Request body invalid");
        }
        if (Problem(fields, organization) is { } problem)
        {
            return problem;
        }
        var email = fields.Text("email_address")!;
        if (organization is null && !fields.Flag("ignore_existing")
            && await people.ByEmailAsync(email, context.RequestAborted) is not null)
        {
            return ClerkApi.Refuse(422, "form_identifier_exists", "That email address is taken. Please try another.", "email_address");
        }
        if (organization is not null && await people.ByEmailAsync(email, context.RequestAborted) is { } known
            && known.OrganizationId == organization)
        {
            return ClerkApi.Refuse(400, "already_a_member_in_organization", "is already a member of the organization", "email_address");
        }
        return await host.TransactAsync(async (connection, transaction) =>
        {
            if (!fields.Flag("ignore_existing") && await HasPendingAsync(connection, transaction, email, organization))
            {
                return ClerkApi.Refuse(400, "duplicate_record", "duplicate invitation", "email_address");
            }
            var row = new InvitationRow
            {
                Id = (organization is null ? "inv_" : "orginv_") + Ids.New(27),
                OrganizationId = organization,
                Email = email,
                Role = fields.Text("role"),
                InviterId = fields.Text("inviter_user_id"),
                PublicMetadata = VendorReply.Text(fields["public_metadata"] ?? new JsonObject()),
                PrivateMetadata = VendorReply.Text(fields["private_metadata"] ?? new JsonObject()),
                RedirectUrl = fields.Text("redirect_url"),
                Ticket = Ids.New(64),
                Status = "pending",
                CreatedAt = host.Now.UtcDateTime,
                UpdatedAt = host.Now.UtcDateTime,
                ExpiresAt = host.Now.AddDays(fields.Whole("expires_in_days") ?? 30).UtcDateTime,
            };
            await InsertAsync(connection, transaction, row);
            if (organization is not null)
            {
                await events.EmitAsync(connection, transaction, "organizationInvitation.created", row.Id, row.Json(host));
            }
            return new VendorReply(200, row.Json(host));
        }, context.RequestAborted);
    }

    private static VendorReply? Problem(JsonObject fields, string? organization)
    {
        if (fields.Text("email_address") is not { Length: > 0 } email)
        {
            return ClerkApi.Refuse(422, "form_param_missing", "email_address is missing", "email_address");
        }
        var at = email.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || at == email.Length - 1 || email.Contains(' ', StringComparison.Ordinal))
        {
            return ClerkApi.Refuse(422, "form_param_format_invalid", "is invalid", "email_address");
        }
        if (organization is not null && string.IsNullOrEmpty(fields.Text("role")))
        {
            return ClerkApi.Refuse(422, "form_param_missing", "role is missing", "role");
        }
        if (organization is not null && fields.Text("role") is not ("org:admin" or "org:member"))
        {
            return ClerkApi.Refuse(404, "resource_not_found", "Organization role not found", "role");
        }
        return fields["expires_in_days"] is not null && fields.Whole("expires_in_days") is null or < 1 or > 365
            ? ClerkApi.Refuse(422, "form_param_value_invalid", "expires_in_days must be between 1 and 365", "expires_in_days")
            : null;
    }

    private async Task<VendorReply> ListAsync(HttpContext context, string? organization)
    {
        var query = context.Request.Query;
        var (limit, offset) = ClerkApi.Paging(context);
        string? status = query["status"];
        string? text = query["query"];
        string? address = query["email_address"];
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var rows = (await connection.QueryAsync<InvitationRow>(
            $"select {InvitationRow.Columns} from vendors.clerk_invitations where organization_id is not distinct from @organization "
                + "order by seq desc",
            new { organization }))
            .Where(row => string.IsNullOrEmpty(status) || status.Split(',').Contains(row.StatusAt(host.Now)))
            .Where(row => string.IsNullOrEmpty(address) || string.Equals(row.Email, address, StringComparison.OrdinalIgnoreCase))
            .Where(
                row =>
                    string.IsNullOrEmpty(text) || row.Email.Contains(text, StringComparison.OrdinalIgnoreCase) || row.Id == text).ToList();
        var data = new JsonArray([.. rows.Skip(offset).Take(limit).Select(row => row.Json(host))]);
        return organization is not null || query["paginated"] == "true"
            ? new VendorReply(200, new JsonObject { ["data"] = data, ["total_count"] = rows.Count })
            : new VendorReply(200, data);
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        return await FindAsync(connection, context.Route("id"), null) is { } row && row.OrganizationId == context.Route("org")
            ? new VendorReply(200, row.Json(host))
            : ClerkApi.NotFound;
    }

    private Task<VendorReply> RevokeAsync(HttpContext context, string? organization) =>
        host.TransactAsync(async (connection, transaction) =>
    {
        var row = await FindAsync(connection, context.Route("id"), transaction);
        if (row is null || row.OrganizationId != organization)
        {
            return ClerkApi.NotFound;
        }
        // An expired invitation can still be revoked; one that was accepted or revoked cannot.
        if (!await MoveAsync(connection, transaction, row.Id, "revoked"))
        {
            return ClerkApi.Refuse(400, $"invitation_already_{row.Status}", $"This invitation has already been {row.Status}.");
        }
        var revoked = (await FindAsync(connection, row.Id, transaction))!;
        if (organization is not null)
        {
            await events.EmitAsync(connection, transaction, "organizationInvitation.revoked", row.Id, revoked.Json(host));
        }
        return new VendorReply(200, revoked.Json(host));
    }, context.RequestAborted);

    private static Task<int> InsertAsync(NpgsqlConnection c, NpgsqlTransaction t, InvitationRow row) => c.ExecuteAsync(
        """
        insert into vendors.clerk_invitations (id, organization_id, email, role, inviter_id, public_metadata, private_metadata,
           redirect_url,
                                               ticket, status, created_at, updated_at, expires_at)
        values (@Id, @OrganizationId, @Email, @Role, @InviterId, @PublicMetadata::jsonb, @PrivateMetadata::jsonb, @RedirectUrl,
                @Ticket, @Status, @CreatedAt, @UpdatedAt, @ExpiresAt)
        """, row, t);

    private async Task<bool> HasPendingAsync(NpgsqlConnection c, NpgsqlTransaction t, string email, string? organization) =>
        await c.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from vendors.clerk_invitations
                           where lower(email) = lower(@email) and organization_id is not distinct from @organization
                             and status = 'pending' and expires_at > @now)
            """, new { email, organization, now = host.Now.UtcDateTime }, t);

    private async Task<bool> MoveAsync(NpgsqlConnection c, NpgsqlTransaction t, string id, string status) => await c.ExecuteAsync(
        "update vendors.clerk_invitations set status = @status, updated_at = @now where id = @id and status = 'pending'",
        new { id, status, now = host.Now.UtcDateTime }, t) == 1;

    private static Task<InvitationRow?> FindAsync(NpgsqlConnection c, string id, NpgsqlTransaction? t) =>
        c.QuerySingleOrDefaultAsync<InvitationRow?>(
            $"select {InvitationRow.Columns} from vendors.clerk_invitations where id = @id", new { id }, t);
}
