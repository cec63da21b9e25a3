using Microsoft.Extensions.Options;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Alerts;

namespace Portal.Operations.Alerts;

/// <summary>When the certificate of a host runs out; null: it could not be asked.</summary>
public delegate Task<DateTimeOffset?> ReadCertificateEnd(Uri host, CancellationToken ct);

/// <summary>
/// What runs out on a day, looked at once a day: the keys and certificates that <c>Alerts:Expiring</c> names, a month before; and the
/// certificates of this app and of the portal's pages as a browser sees them, two weeks before, when whoever renews them by machine
/// should have done so.
/// </summary>
public sealed class WatchExpiry(
    IOptions<AlertsOptions> options, IOptions<MailOptions> mail, ReadCertificateEnd read, AlertStore alerts, TimeProvider clock)
{
    public static readonly TimeSpan KeysAhead = TimeSpan.FromDays(30);
    public static readonly TimeSpan CertificatesAhead = TimeSpan.FromDays(14);

    /// <summary>How many are about to run out.</summary>
    public async Task<int> RunAsync(CancellationToken ct) => await KeysAsync(ct) + await CertificatesAsync(ct);

    private async Task<int> KeysAsync(CancellationToken ct)
    {
        var (now, found) = (clock.GetUtcNow(), 0);
        foreach (var thing in options.Value.ExpiringThings()!)
        {
            if (new DateTimeOffset(thing.On, TimeOnly.MinValue, TimeSpan.Zero) - now <= KeysAhead)
            {
                await alerts.AddAsync(
                    new(AlertKind.KeyExpiring, thing.Name, $"{thing.Name} runs out on {Words.Day(thing.On)}.", new { on = thing.On }), ct);
                found++;
            }
        }

        await alerts.ResolveUnseenAsync([AlertKind.KeyExpiring], now, ct);
        return found;
    }

    private async Task<int> CertificatesAsync(CancellationToken ct)
    {
        var found = 0;
        foreach (var host in new[] { mail.Value.ApiUrl, mail.Value.PortalUrl }.Select(url => new Uri(url))
            .Where(url => url.Scheme == Uri.UriSchemeHttps).DistinctBy(url => url.Authority))
        {
            // One that does not answer tells nothing: neither that its certificate is good nor that it is not.
            if (await read(host, ct) is not { } end)
            {
                continue;
            }

            if (end - clock.GetUtcNow() > CertificatesAhead)
            {
                await alerts.ResolveAsync(AlertKind.CertificateExpiring, host.Authority, ct);
                continue;
            }

            await alerts.AddAsync(
                new(AlertKind.CertificateExpiring, host.Authority,
                    $"The certificate of {host.Authority} runs out on {Words.Day(DateOnly.FromDateTime(end.UtcDateTime))}.",
                    new { at = end }), ct);
            found++;
        }

        return found;
    }
}
