using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Timers;

namespace Portal.Compliance.Reviews;

/// <summary>
/// Tells the Admins and Compliance of each tenant which reviews of vendors are due within two weeks, and once more when one is overdue.
/// What was told is a row, written with its event: a run that is doubled or died changes nothing. A day that was missed is made up for,
/// but what is overdue by then is told as that alone.
/// </summary>
public sealed partial class RemindOfReviews(
    VendorReviewStore store, ResidencyStore tenants, PortalDb db, ILogger<RemindOfReviews> logger)
{
    /// <returns>What failed, tenant by tenant; the others were told.</returns>
    public async Task<IReadOnlyList<Exception>> RunAsync(RunCounts counts, CancellationToken ct)
    {
        var faults = new List<Exception>();
        foreach (var tenant in await tenants.TenantsAsync(ct))
        {
            try
            {
                counts.Add("reviewReminders", await TenantAsync(tenant.Id, ct));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e, tenant.Id.Value);
                faults.Add(e);
            }
        }

        return faults;
    }

    private Task<int> TenantAsync(TenantId tenant, CancellationToken ct) => db.InTenantAsync(tenant, async tx =>
    {
        // In one order, or two runs at once could wait for each other.
        var due = (await store.StandingsAsync(tx, tenant)).Where(of => of.State != ReviewState.Current)
            .GroupBy(of => (of.DueOn, of.State)).OrderBy(day => day.Key.DueOn);
        var told = 0;
        foreach (var day in due)
        {
            told += await store.RemindAsync(tx, tenant, day.Key.DueOn, day.Key.State, [.. day]);
        }

        return told;
    }, ct);

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Error, Message = "Tenant {TenantId} could not be reminded of vendor reviews; the next run tries again")]
        public static partial void Failed(ILogger logger, Exception e, Guid tenantId);
    }
}
