using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>What the database holds, whatever the table: where words stand, and whether a tenant's rows are what they were.</summary>
internal static class StoredRows
{
    /// <summary>Tables of a schema in which some row, as a text, holds these words, letter case aside.</summary>
    public static async Task<IReadOnlyList<string>> TablesWithAsync(this TestPortal portal, string words, string schema = "portal")
    {
        await using var connection = await portal.OpenAsync();
        var tables = await connection.QueryAsync<string>(
            "select tablename from pg_tables where schemaname = @schema order by tablename", new { schema });
        var found = new List<string>();
        foreach (var table in tables)
        {
            if (await connection.ExecuteScalarAsync<bool>(
                $"select exists (select 1 from {schema}.{table} t where strpos(lower(t::text), lower(@words)) > 0)", new { words }))
            {
                found.Add(table);
            }
        }

        return found;
    }

    /// <summary>All rows of the portal's tables, as texts, that hold one of these words; but for what limits have counted.</summary>
    public static async Task<IReadOnlyList<string>> RowsWithAsync(this TestPortal portal, params string[] words)
    {
        await using var connection = await portal.OpenAsync();
        var tables = await connection.QueryAsync<string>(
            "select tablename from pg_tables where schemaname = 'portal' and tablename <> 'rate_windows' order by tablename");
        return
        [
            .. (await connection.QueryAsync<string>(string.Join(" union all ", tables.Select(table => $"""
                select '{table} ' || t::text as text from portal.{table} t
                 where exists (select 1 from unnest(@words) w where strpos(t::text, w) > 0)
                """)), new { words })).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Of all rows of a tenant, its own among them.</summary>
    public static async Task<string> ChecksumAsync(this TestPortal portal, Guid tenant)
    {
        await using var connection = await portal.OpenAsync();
        var tables = await connection.QueryAsync<(string Table, string Column)>("""
            select c.table_name, c.column_name from information_schema.columns c
             where c.table_schema = 'portal' and (c.column_name = 'tenant_id' or (c.table_name, c.column_name) = ('tenants', 'id'))
             order by c.table_name
            """);
        var sums = new List<string>();
        foreach (var (table, column) in tables)
        {
            sums.Add(await connection.ExecuteScalarAsync<string>(
                $"select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from portal.{table} t where {column} = @tenant",
                new { tenant }) ?? "");
        }

        return string.Join(' ', sums);
    }
}
