using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

internal sealed class InvitationRow
{
    public const string Columns =
        """
        id as Id, organization_id as OrganizationId, email as Email, role as Role, inviter_id as InviterId,
        public_metadata::text as PublicMetadata, private_metadata::text as PrivateMetadata, redirect_url as RedirectUrl, ticket as Ticket,
        status as Status, created_at as CreatedAt, updated_at as UpdatedAt, expires_at as ExpiresAt
        """;

    public string Id { get; init; } = "";

    public string? OrganizationId { get; init; }

    public string Email { get; init; } = "";

    public string? Role { get; init; }

    public string? InviterId { get; init; }

    public string PublicMetadata { get; init; } = "{}";

    public string PrivateMetadata { get; init; } = "{}";

    public string? RedirectUrl { get; init; }

    public string Ticket { get; init; } = "";

    public string Status { get; init; } = "";

    public DateTime CreatedAt { get; init; }

    public DateTime UpdatedAt { get; init; }

    public DateTime ExpiresAt { get; init; }

    public string StatusAt(DateTimeOffset now) => Status == "pending" && ExpiresAt <= now.UtcDateTime ? "expired" : Status;

    public JsonObject Json(VendorHost host)
    {
        var status = StatusAt(host.Now);
        var json = new JsonObject
        {
            ["object"] = OrganizationId is null ? "invitation" : "organization_invitation",
            ["id"] = Id,
            ["email_address"] = Email,
            ["public_metadata"] = JsonNode.Parse(PublicMetadata),
            ["revoked"] = status == "revoked",
            ["status"] = status,
            ["url"] = $"{host.Address}/v1/tickets/accept?ticket={Ticket}",
            ["created_at"] = ClerkPeople.Milliseconds(CreatedAt),
            ["updated_at"] = ClerkPeople.Milliseconds(UpdatedAt),
            ["expires_at"] = ClerkPeople.Milliseconds(ExpiresAt),
        };
        if (OrganizationId is not null)
        {
            json.Remove("revoked");
            json["organization_id"] = OrganizationId;
            json["role"] = Role;
            json["inviter_id"] = InviterId;
            json["private_metadata"] = JsonNode.Parse(PrivateMetadata);
        }
        return json;
    }
}
