using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Events.Deliveries.Mails;

/// <summary>From a delivery's recipient to an address, at the moment of sending: people change theirs, leave, or want no more
/// mail.</summary>
public sealed class MailRecipientStore(PortalDb db, PersonalHash hash)
{
    private const string DefaultAccent = "#1a56b0";

    /// <summary>The address with the tenant's branding, or why there is none.</summary>
    public async Task<(MailRecipient? To, string? Why)> FindAsync(TenantId tenant, Delivery delivery, CancellationToken ct)
    {
        var found = await db.ReadOneAsync<Tenant>(tenant, """
            select t.name, t.sender_name, t.logo_url, t.accent_color, t.time_zone, t.residency_contact from portal.tenants t
               where t.id = @tenant and t.status = 'active'
            """, new { tenant }, ct);
        if (found is null)
        {
            return (null, "tenant_deleted");
        }

        var person = delivery.UserId is { } user
            ? await db.ReadOneAsync<Person>(
                tenant, "select u.email, u.name from portal.users u where u.tenant_id = @tenant and u.id = @user and u.status = 'active'",
                new { tenant, user }, ct)
            : delivery.GuestHash is { } guest ? await GuestAsync(tenant, delivery, guest, ct)
            : found.ResidencyContact is { } contact ? new Person(contact, null)
            : null;
        if (person is null)
        {
            return (null, "recipient_gone");
        }

        var suppressed = await db.ReadOneAsync<string>(tenant, """
            select s.reason from portal.mail_suppressions s
             where s.tenant_id = @tenant and s.address_hash = @address and s.event_type in ('', @type) order by s.event_type limit 1
            """, new { tenant, address = hash.Of(person.Email), type = delivery.Event.Type }, ct);
        var brand = new MailBrand(
            found.Name, found.SenderName ?? found.Name, found.LogoUrl, found.AccentColor ?? DefaultAccent, found.TimeZone);
        return suppressed is null ? (new(person.Email, person.Name, brand), null) : (null, $"suppressed: {suppressed}");
    }

    private async Task<Person?> GuestAsync(TenantId tenant, Delivery delivery, string guest, CancellationToken ct)
    {
        var guests = await db.ReadAsync<Person>(tenant, """
            select g.email, null::text as name from portal.share_link_guests g where g.tenant_id = @tenant and g.share_link_id = @link
            """, new { tenant, link = delivery.Event.AggregateId }, ct);
        return guests.FirstOrDefault(g => hash.Of(g.Email) == guest);
    }

    private sealed record Tenant(
        string Name, string? SenderName, string? LogoUrl, string? AccentColor, string TimeZone, string? ResidencyContact);

    private sealed record Person(string Email, string? Name);
}
