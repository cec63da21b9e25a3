using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Events.Deliveries.Mails;

/// <summary>From a delivery's recipient to an address, at the moment of sending: people change theirs, leave, may no longer read what
/// it is about, or want no more mail.</summary>
public sealed class MailRecipientStore(PortalDb db, OperatorAddressQuery operators, PersonalHash hash, TimeProvider clock)
{
    private const string DefaultAccent = "#1a56b0";
    private const string OnCall = "Portal on call";

    /// <summary>The address with the tenant's branding, or why there is none.</summary>
    public async Task<(MailRecipient? To, string? Why)> FindAsync(TenantId tenant, Delivery delivery, CancellationToken ct)
    {
        var found = await db.ReadOneAsync<Found>(tenant, """
            select t.name as tenant_name, t.sender_name, t.logo_url, t.accent_color, t.time_zone, t.residency_contact, u.email, u.name,
                   u.id is null or portal.subject_readable(@tenant, u.id, @type, @subject, @project, @now) as may_read
              from portal.tenants t
              left join portal.users u on u.tenant_id = t.id and u.id = @user and u.status = 'active'
             where t.id = @tenant and t.status = 'active'
            """, new
        {
            tenant,
            user = delivery.UserId,
            type = delivery.Event.Subject.Type,
            subject = delivery.Event.Subject.Id,
            project = delivery.Event.ProjectId,
            now = clock.GetUtcNow(),
        }, ct);
        if (found is null)
        {
            return (null, "tenant_deleted");
        }

        var person = delivery.OperatorId is { } id ? await operators.FindAsync(id, ct) : null;
        var address = delivery.OperatorId is not null ? person?.Email
            : delivery.UserId is not null ? found.Email
            : delivery.GuestHash is { } guest ? await GuestAsync(tenant, delivery, guest, ct)
            : found.ResidencyContact;
        if (address is null || !found.MayRead)
        {
            return (null, address is null ? "recipient_gone" : "may_not_read_any_more");
        }

        var suppressed = await db.ReadOneAsync<string>(tenant, """
            select s.reason from portal.mail_suppressions s
             where s.tenant_id = @tenant and s.address_hash = @address and s.event_type in ('', @type) order by s.event_type limit 1
            """, new { tenant, address = hash.Of(address), type = delivery.Event.Type }, ct);
        var name = delivery.OperatorId is null ? found.TenantName : OnCall;
        var brand = new MailBrand(
            name, found.SenderName ?? name, found.LogoUrl, found.AccentColor ?? DefaultAccent, found.TimeZone);
        return suppressed is null ? (new(address, found.Name ?? person?.Name, brand), null) : (null, $"suppressed: {suppressed}");
    }

    private async Task<string?> GuestAsync(TenantId tenant, Delivery delivery, string guest, CancellationToken ct)
    {
        var guests = await db.ReadAsync<string>(
            tenant, "select g.email from portal.share_link_guests g where g.tenant_id = @tenant and g.share_link_id = @link",
            new { tenant, link = delivery.Event.AggregateId }, ct);
        return guests.FirstOrDefault(email => hash.Of(email) == guest);
    }

    private sealed record Found(
        string TenantName, string? SenderName, string? LogoUrl, string? AccentColor, string TimeZone, string? ResidencyContact,
        string? Email, string? Name, bool MayRead);
}
