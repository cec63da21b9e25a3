using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.PagerDuty;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like PagerDuty's Events API v2 and keeps the incidents that come of it: <c>GET /local/incidents</c> for programs,
/// <c>/</c> for people. Nobody is really paged. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalPagerDuty : LocalVendor
{
    private PagerDutyStore store = null!;

    private LocalPagerDuty(VendorHost host)
        : base(host)
    {
    }

    /// <summary>The base that <c>/v2/enqueue</c> is under.</summary>
    public Uri ApiUrl => Address;

    public VendorFaults Faults { get; } = new();

    /// <summary>Throws <see cref="IOException"/> when the port is taken, and Npgsql's exceptions when the database cannot be
    /// used.</summary>
    public static async Task<LocalPagerDuty> StartAsync(LocalPagerDutyOptions options, CancellationToken ct = default)
    {
        var host = await VendorHost.OpenAsync("pagerduty", options, ct);
        var pagerDuty = new LocalPagerDuty(host);
        try
        {
            pagerDuty.store = new PagerDutyStore(host);
            var api = new PagerDutyApi(host, options);
            await host.ServeAsync(
                app =>
                {
                    api.Map(app);
                    new PagerDutyPages(pagerDuty.store).Map(app);
                },
                pagerDuty.Faults, path => path.StartsWithSegments("/v2", StringComparison.Ordinal), PagerDutyApi.Error, ct);
            return pagerDuty;
        }
        catch
        {
            await pagerDuty.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every incident so far, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerIncident>> IncidentsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.IncidentsAsync(dedupKey, ct);

    /// <summary>Every accepted event, oldest first; only those of one key if given.</summary>
    public Task<IReadOnlyList<PagerEvent>> EventsAsync(string? dedupKey = null, CancellationToken ct = default) =>
        store.EventsAsync(dedupKey, ct);
}
