using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.PagerDuty;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like PagerDuty's Events API v2 and keeps the incidents that come of it: <c>GET /local/incidents</c> for programs,
/// <c>/</c> for people. Nobody is really paged. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalPagerDuty : LocalVendor
{
    private readonly LocalPagerDutyOptions options;
    private readonly PagerDutyStore store;

    private LocalPagerDuty(VendorHost host, LocalPagerDutyOptions options)
        : base(host)
    {
        this.options = options;
        store = new PagerDutyStore(host);
    }

    /// <summary>The base that <c>/v2/enqueue</c> is under.</summary>
    public Uri ApiUrl => Address;

    public static Task<LocalPagerDuty> StartAsync(LocalPagerDutyOptions options, CancellationToken ct = default) =>
        StartAsync("pagerduty", options, host => new LocalPagerDuty(host, options), ct);

    /// <summary>Every incident so far, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerIncident>> IncidentsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.IncidentsAsync(dedupKey, ct);

    /// <summary>Every accepted event, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerEvent>> EventsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.EventsAsync(dedupKey, ct);

    private protected override Task<VendorApi> PrepareAsync(CancellationToken ct) => Task.FromResult(new VendorApi(
        app =>
        {
            new PagerDutyApi(Host, options).Map(app);
            new PagerDutyPages(store).Map(app);
        },
        PagerDutyApi.Error, "/v2"));
}
