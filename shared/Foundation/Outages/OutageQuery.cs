using Portal.Foundation.Db;

namespace Portal.Foundation.Outages;

/// <summary>Reads the rows that say what is switched off, and which circuits are open. They are the platform's; setting a switch is
/// on-call's.</summary>
public sealed class OutageQuery(PortalDb db)
{
    /// <summary>Of a switch.</summary>
    public const string Columns = "s.target, s.reason, s.until, s.set_by, s.set_at, s.cleared_at, s.cleared_by";

    public Task<OutageState> ReadAsync(CancellationToken ct) => db.AcrossTenantsAsync(
        async tx => new OutageState(
            await tx.QueryAsync<Switch>($"select {Columns} from portal.switches s order by s.target"),
            await tx.QueryAsync<OpenCircuit>(
                "select c.vendor, c.opened_at, c.open_until from portal.vendor_circuits c order by c.vendor")),
        ct);
}
