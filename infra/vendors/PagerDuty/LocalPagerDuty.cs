using System.Security.Cryptography;
using System.Text;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.PagerDuty;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like PagerDuty's Events API v2 and keeps the incidents that come of it: <c>GET /local/incidents</c> for programs,
/// <c>/</c> for people. What is done with them there it tells by webhook. Nobody is really paged. What is simplified:
/// infra/vendors/README.md.
/// </summary>
public sealed class LocalPagerDuty : LocalWebhookVendor
{
    private readonly LocalPagerDutyOptions options;
    private readonly PagerDutyStore store;
    private readonly PagerDutyWebhooks webhooks;

    private LocalPagerDuty(VendorHost host, LocalPagerDutyOptions options)
        : base(host, options.WebhookUrl, options.WebhookSecret, PagerDutyWebhooks.StyleOf)
    {
        this.options = options;
        store = new PagerDutyStore(host);
        webhooks = new PagerDutyWebhooks(host, Outbox, () => WebhookUrl);
    }

    /// <summary>The base that <c>/v2/enqueue</c> is under.</summary>
    public Uri ApiUrl => Address;

    public static Task<LocalPagerDuty> StartAsync(LocalPagerDutyOptions options, CancellationToken ct = default) =>
        StartAsync("pagerduty", options, host => new LocalPagerDuty(host, options), ct);

    /// <summary>The header <c>X-PagerDuty-Signature</c> of a webhook.</summary>
    public static string Sign(string secret, string body) =>
        $"v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)))}";

    /// <summary>Every incident so far, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerIncident>> IncidentsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.IncidentsAsync(dedupKey, ct);

    /// <summary>Every accepted event, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerEvent>> EventsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.EventsAsync(dedupKey, ct);

    /// <summary>As somebody on call does in PagerDuty's own pages. False: no open incident has this key.</summary>
    public Task<bool> AcknowledgeAsync(string dedupKey, CancellationToken ct = default) => webhooks.MoveAsync(dedupKey, false, ct);

    /// <inheritdoc cref="AcknowledgeAsync"/>
    public Task<bool> ResolveAsync(string dedupKey, CancellationToken ct = default) => webhooks.MoveAsync(dedupKey, true, ct);

    private protected override Task<VendorApi> PrepareAsync(CancellationToken ct) => Task.FromResult(new VendorApi(
        app =>
        {
            new PagerDutyApi(Host, options, webhooks).Map(app);
            new PagerDutyPages(store, webhooks).Map(app);
        },
        PagerDutyApi.Error, "/v2"));
}
