using Portal.Foundation.Timers;

namespace Portal.Operations.Costs;

/// <summary>
/// Tells a tenant's Admins, and people on call, how much of the month's budget is used: at half, at four fifths and when it is reached.
/// Nothing is switched off by it. What was told is a row, written with its event and its alert: a run that is doubled tells nobody twice.
/// </summary>
public sealed class WatchBudgets(BudgetStore budgets, CostQuery costs)
{
    /// <summary>In per cent; the highest that is reached is told, those below it are noted as told.</summary>
    public static IReadOnlyList<int> Thresholds { get; } = [50, 80, 100];

    public async Task RunAsync(RunCounts counts, CancellationToken ct)
    {
        var all = await budgets.AllAsync(ct);
        if (all.Count == 0)
        {
            return;
        }

        var month = await costs.AllAsync(costs.ThisMonth, ct);
        var used = month.Tenants.ToDictionary(tenant => tenant.TenantId, tenant => tenant.Usd);
        foreach (var budget in all)
        {
            var usd = used.GetValueOrDefault(budget.TenantId.Value);
            var reached = Thresholds.Where(percent => usd * 100 >= (decimal)budget.Usd * percent).ToArray();
            if (reached.Length > 0)
            {
                counts.Add("budgetsTold", await budgets.TellAsync(budget, month.Month, usd, reached, ct) ? 1 : 0);
            }
        }
    }
}
