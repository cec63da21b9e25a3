using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dapper;
using Npgsql;

namespace Portal.Tests.Support.Statements;

/// <summary>What a statement did, as far as anybody can see it, and undone again.</summary>
/// <param name="Fault">SQLSTATE and the constraint, of one that failed.</param>
/// <param name="Rows">What it answered; in its own order, where it asks for one.</param>
/// <param name="Changed">Rows it says that it changed.</param>
/// <param name="Tables">How many rows were inserted, updated and deleted, by table, by its functions and triggers too.</param>
/// <param name="Written">A digest of the rows as they are after it.</param>
internal sealed record Observation(string? Fault, string Rows, int Changed, string Tables, string Written)
{
    private const string LockNotAvailable = "55P03";

    /// <summary>It would have waited for somebody else: nothing can be said.</summary>
    public bool Waited => Fault is not null && Fault.StartsWith(LockNotAvailable, StringComparison.Ordinal);

    /// <summary>Not a statement at all, or one that its role may not run.</summary>
    public bool Invalid => Fault is not null && Fault.StartsWith("42", StringComparison.Ordinal);

    /// <summary>Whether it did something else than both of two runs of the original did.</summary>
    public bool DiffersFrom(Observation one, Observation other) =>
        (Fault != one.Fault && Fault != other.Fault)
        || Differs(one, other, run => run.Rows)
        || Differs(one, other, run => run.Changed)
        || Differs(one, other, run => run.Tables)
        || Differs(one, other, run => run.Written);

    /// <summary>Runs a statement within a transaction and undoes it.</summary>
    public static async Task<Observation> OfAsync(NpgsqlTransaction transaction, string sql, object? args, bool writes)
    {
        var connection = transaction.Connection!;
        var before = writes ? await CountsAsync(transaction) : [];
        try
        {
            var (rows, changed) = await RunAsync(
                connection, $"savepoint probe; set local lock_timeout = '300ms'; {sql}", args, transaction);
            if (!sql.Contains("order by", StringComparison.OrdinalIgnoreCase))
            {
                rows.Sort(StringComparer.Ordinal);
            }

            var (tables, written) = writes ? await WrittenAsync(transaction, before) : ("", "");
            return new(null, string.Join('\n', rows), changed, tables, written);
        }
        catch (PostgresException fault)
        {
            return new($"{fault.SqlState} {fault.ConstraintName}", "", 0, "", "");
        }
        finally
        {
            await connection.ExecuteAsync("rollback to savepoint probe; release savepoint probe", transaction: transaction);
        }
    }

    // What differs between two runs of the original (random ids, the time) tells nothing.
    private bool Differs<T>(Observation one, Observation other, Func<Observation, T> part) =>
        Equals(part(one), part(other)) && !Equals(part(this), part(one));

    private static async Task<(List<string> Rows, int Changed)> RunAsync(
        NpgsqlConnection connection, string sql, object? args, NpgsqlTransaction transaction)
    {
        var rows = new List<string>();
        await using var reader = await connection.ExecuteReaderAsync(sql, args, transaction);
        do
        {
            while (await reader.ReadAsync())
            {
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(field => Value(reader, field))));
            }
        }
        while (await reader.NextResultAsync());
        await reader.CloseAsync();
        return (rows, reader.RecordsAffected);
    }

    private static string Value(DbDataReader reader, int field) => reader.GetValue(field) switch
    {
        DBNull => "null",
        Array values => string.Join(',', values.Cast<object?>()),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    // The counters of a transaction go on counting over what was undone in it.
    private static async Task<Dictionary<string, (long Inserted, long Updated, long Deleted)>> CountsAsync(
        NpgsqlTransaction transaction) =>
        (await transaction.Connection!.QueryAsync<(string Table, long Inserted, long Updated, long Deleted)>(
            """
            select relname::text, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_xact_user_tables
            where schemaname = 'portal' and n_tup_ins + n_tup_upd + n_tup_del > 0
            """,
            transaction: transaction)).ToDictionary(row => row.Table, row => (row.Inserted, row.Updated, row.Deleted));

    [SuppressMessage("Security", "CA2100", Justification = "Names of the schema's own tables.")]
    private static async Task<(string Tables, string Written)> WrittenAsync(
        NpgsqlTransaction transaction, Dictionary<string, (long Inserted, long Updated, long Deleted)> before)
    {
        var (tables, written) = (new List<string>(), new List<string?>());
        foreach (var (table, now) in (await CountsAsync(transaction)).OrderBy(row => row.Key, StringComparer.Ordinal))
        {
            var then = before.GetValueOrDefault(table);
            var (inserted, updated, deleted) = (now.Inserted - then.Inserted, now.Updated - then.Updated, now.Deleted - then.Deleted);
            if (inserted + updated + deleted > 0)
            {
                tables.Add(string.Create(CultureInfo.InvariantCulture, $"{table}+{inserted}~{updated}-{deleted}"));
                written.Add(inserted + updated > 0 ? await DigestAsync(transaction, table) : "");
            }
        }

        return (string.Join(' ', tables), string.Join(' ', written));
    }

    // Of what this transaction wrote, as far as its role may see it.
    private static async Task<string?> DigestAsync(NpgsqlTransaction transaction, string table) =>
        await transaction.Connection!.ExecuteScalarAsync<string>(
            $"""
             select md5(coalesce(string_agg(t::text, '~' order by t::text), '')) from portal.{table} t
             where age(t.xmin) <= age(pg_current_xact_id()::xid)
             """,
            transaction: transaction);
}
