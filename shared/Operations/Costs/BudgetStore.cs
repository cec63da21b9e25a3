using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.Costs;

/// <summary>What a tenant may cost in a month.</summary>
public sealed record Budget(TenantId TenantId, int Usd);

/// <summary>All SQL of budgets, across tenants; their Admins set them with the rest of the tenant's settings.</summary>
public sealed class BudgetStore(PortalDb db, AuditWriter audit, AlertStore alerts, TimeProvider clock)
{
    private static readonly Actor By = Actor.System("costs");

    public Task<IReadOnlyList<Budget>> AllAsync(CancellationToken ct) => db.AcrossTenantsAsync(tx => tx.QueryAsync<Budget>("""
        select t.id as tenant_id, t.monthly_budget_usd as usd from portal.tenants t
         where t.status = 'active' and t.monthly_budget_usd is not null order by t.id
        """), ct);

    /// <summary>Tells of the highest of what is reached, unless it was told before for this month and budget. True: it was told
    /// now.</summary>
    public Task<bool> TellAsync(Budget budget, CostMonth month, decimal usd, int[] reached, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var told = await tx.QueryAsync<int>("""
                insert into portal.budget_notices (tenant_id, month, percent, budget_usd, usd, told_at)
                select @tenant, @month, r.percent, @budget, @usd, @now from unnest(@reached) as r (percent)
                on conflict do nothing
                returning percent
                """, new
            {
                tenant = budget.TenantId,
                month = month.First,
                reached,
                budget = budget.Usd,
                usd,
                now = clock.GetUtcNow(),
            });
            var highest = reached.Max();
            if (!told.Contains(highest))
            {
                return false;
            }

            await audit.WriteAsync(tx, budget.TenantId, By, new AuditEntry(
                "tenant_budget_reached", "tenant", budget.TenantId.Value, null,
                new { percent = highest, month = month.First, budgetUsd = budget.Usd, usd }, EventType.TenantBudgetReached));
            await alerts.AddAsync(tx, new(
                AlertKind.TenantBudgetReached, budget.TenantId.ToString(),
                $"Tenant {budget.TenantId} has used {highest} % of its budget of the month.",
                new { tenantId = budget.TenantId.Value, month = month.First, percent = highest, budgetUsd = budget.Usd, usd }));
            return true;
        }, ct);
}
