using System.Text;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>
/// Writes rows of a tenant's export. Statements are made of <see cref="TenantTables"/>, never of what stands in a file; which tenant they
/// are of is given here, and row-level security holds.
/// </summary>
public sealed class TenantImportStore(TimeProvider clock)
{
    private static readonly string[] WrongRows = ["22", "23"];

    /// <param name="organization">At Clerk; null: the file's.</param>
    /// <param name="rows">JSON objects with the table's fields and no others.</param>
    /// <exception cref="InvalidDataException">The table does not take them.</exception>
    public async Task AddAsync(Tx tx, TenantId tenant, TenantTable table, string? organization, IEnumerable<string> rows)
    {
        var columns = table.Fields.ToDictionary(field => field.Name, field => $"r.{field.Name}", StringComparer.Ordinal);
        foreach (var (column, expression) in table.Restored)
        {
            columns[column] = expression;
        }

        if (table.Name != "tenants")
        {
            columns["tenant_id"] = "@tenant";
        }

        var into = string.Join(", ", columns.Keys);
        var values = string.Join(", ", columns.Values);
        try
        {
            await tx.ExecuteAsync($"""
                insert into portal.{table.Name} ({into})
                select {values} from jsonb_populate_recordset(null::portal.{table.Name}, @rows::jsonb) r
                """, new
            {
                tenant,
                organization,
                now = clock.GetUtcNow(),
                rows = new StringBuilder("[").AppendJoin(',', rows).Append(']').ToString(),
            });
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "tenants" })
        {
            throw new InvalidDataException("there is a portal of this organization already; it goes into one that has none.", e);
        }
        catch (PostgresException e) when (WrongRows.Contains(e.SqlState[..2]))
        {
            throw new InvalidDataException($"{table.File} holds what does not belong there: {e.MessageText}.", e);
        }
    }

    /// <summary>What can be said only when all rows are there: where threads begin. And nobody is told of what happened elsewhere.
    /// </summary>
    public async Task FinishAsync(Tx tx, TenantId tenant) => await tx.ExecuteAsync("""
        update portal.comments c set root_seq = p.seq from portal.comments p
         where c.tenant_id = @tenant and p.tenant_id = @tenant and p.id = coalesce(c.parent_id, c.id);
        delete from portal.outbox where tenant_id = @tenant
        """, new { tenant });
}
