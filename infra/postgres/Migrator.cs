using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Portal.Postgres;

/// <summary>
/// Brings a database's schema up to date. Each migration runs in its own transaction together with its row in
/// <c>public.schema_migrations</c>, under an advisory lock that the transaction holds: of several processes at once one applies it
/// and the others find it done. It waits for a table's lock for seconds only, for everybody who wants the table waits behind it; then it
/// lets go and begins again. Then the database functions whose text has changed are replaced, all in one transaction. Nothing is kept
/// in the session, so it works through a transaction pooler.
/// </summary>
public static class Migrator
{
    // Any number will do that nobody else uses; this one spells "portal" on a telephone.
    private const long LockKey = 767_825;

    private const int MostAttempts = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const string LockSql = "select pg_advisory_xact_lock($1)";

    // Unqualified names mean the same whoever runs this.
    private const string SettingsSql = "set local search_path to public; set local lock_timeout = '2s'";

    private const string TableSql = """
        create table if not exists public.schema_migrations (
            version    integer primary key,
            name       text not null,
            checksum   text not null,
            applied_at timestamptz not null default now()
        )
        """;

    // Npgsql would cut the text into statements itself, and not where the server does (a standard SQL body has semicolons of its own).
    // So the server gets it whole; that also makes an error's position one in the file.
    private const string HandOverSql = "select set_config('portal.migration', $1, true)";

    private const string RunSql = "do 'begin execute current_setting(''portal.migration''); end'";

    private const string AppliedSql = "select version, name, checksum from public.schema_migrations order by version";

    private const string FunctionsTableSql = """
        create table if not exists public.schema_functions (
            name       text primary key,
            checksum   text not null,
            applied_at timestamptz not null default now()
        )
        """;

    private const string RecordFunctionSql = """
        insert into public.schema_functions (name, checksum) values ($1, $2)
        on conflict (name) do update set checksum = excluded.checksum, applied_at = now()
        """;

    private const string RecordSql = "insert into public.schema_migrations (version, name, checksum) values ($1, $2, $3)";

    /// <summary>Applies the portal's own migrations and functions.</summary>
    /// <returns>How many files this call applied.</returns>
    /// <exception cref="MigrationException">A migration failed, or the database's history does not fit the files.</exception>
    public static Task<int> ApplyAsync(string connectionString, CancellationToken ct = default) =>
        ApplyAsync(connectionString, Migration.In(), DatabaseFunction.In(), ct);

    /// <summary>Applies the given migrations alone.</summary>
    /// <inheritdoc cref="ApplyAsync(string, CancellationToken)"/>
    public static Task<int> ApplyAsync(string connectionString, IReadOnlyList<Migration> migrations, CancellationToken ct = default) =>
        ApplyAsync(connectionString, migrations, [], ct);

    /// <summary>Applies the given migrations and functions.</summary>
    /// <inheritdoc cref="ApplyAsync(string, CancellationToken)"/>
    public static async Task<int> ApplyAsync(
        string connectionString, IReadOnlyList<Migration> migrations, IReadOnlyList<DatabaseFunction> functions,
        CancellationToken ct = default)
    {
        var sorted = Migration.InOrder(migrations);
        // A migration may take long, and waiting for another process's one as long.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0, Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(ct);
        var count = 0;
        while (await RetryAsync(() => ApplyNextAsync(connection, sorted, ct), ct))
        {
            count++;
        }

        return functions.Count == 0 ? count : count + await RetryAsync(() => ReplaceFunctionsAsync(connection, functions, ct), ct);
    }

    /// <summary>Again, when a lock was not to be had in time; what was begun is rolled back.</summary>
    private static async Task<T> RetryAsync<T>(Func<Task<T>> apply, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await apply();
            }
            catch (MigrationException e) when (attempt < MostAttempts && e.InnerException is PostgresException
            {
                SqlState: PostgresErrorCodes.LockNotAvailable
            })
            {
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
        }
    }

    /// <summary>All or none: a function may call another that changes with it.</summary>
    private static async Task<int> ReplaceFunctionsAsync(
        NpgsqlConnection connection, IReadOnlyList<DatabaseFunction> functions, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, LockSql, [LockKey], ct);
        await ExecuteAsync(connection, FunctionsTableSql, [], ct);
        var present = await ReadFunctionsAsync(connection, ct);
        var changed = functions.Where(function => present.GetValueOrDefault(function.Name) != function.Checksum).ToList();
        if (changed.Count > 0)
        {
            // In the order of their names, so one may be called before it is there.
            await ExecuteAsync(connection, $"set local check_function_bodies = off; {SettingsSql}", [], ct);
        }

        foreach (var function in changed)
        {
            try
            {
                await ExecuteAsync(connection, HandOverSql, [function.Sql], ct);
                await ExecuteAsync(connection, RunSql, [], ct);
                await ExecuteAsync(connection, RecordFunctionSql, [function.Name, function.Checksum], ct);
            }
            catch (PostgresException exception)
            {
                throw new MigrationException(Describe($"functions/{function.Name}.sql", function.Sql, exception), exception);
            }
        }

        await transaction.CommitAsync(ct);
        return changed.Count;
    }

    private static async Task<Dictionary<string, string>> ReadFunctionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select name, checksum from public.schema_functions", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var present = new Dictionary<string, string>();
        while (await reader.ReadAsync(ct))
        {
            present.Add(reader.GetString(0), reader.GetString(1));
        }

        return present;
    }

    /// <returns>False if there is none left to apply.</returns>
    private static async Task<bool> ApplyNextAsync(NpgsqlConnection connection, IReadOnlyList<Migration> migrations, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, LockSql, [LockKey], ct);
        var applied = await ReadAppliedAsync(connection, ct);
        ThrowIfHistoryDiffers(migrations, applied);
        if (migrations.FirstOrDefault(migration => !applied.ContainsKey(migration.Version)) is not { } next)
        {
            await transaction.CommitAsync(ct);
            return false;
        }

        try
        {
            await ExecuteAsync(connection, SettingsSql, [], ct);
            await ExecuteAsync(connection, HandOverSql, [next.Sql], ct);
            await ExecuteAsync(connection, RunSql, [], ct);
            await ExecuteAsync(connection, RecordSql, [next.Version, next.Name, next.Checksum], ct);
            await transaction.CommitAsync(ct);
        }
        catch (PostgresException exception)
        {
            throw new MigrationException(Describe($"Migration {next.Title}", next.Sql, exception), exception);
        }

        return true;
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken ct)
    {
        await ExecuteAsync(connection, TableSql, [], ct);
        await using var command = new NpgsqlCommand(AppliedSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var applied = new Dictionary<int, (string, string)>();
        while (await reader.ReadAsync(ct))
        {
            applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
        }

        return applied;
    }

    private static void ThrowIfHistoryDiffers(IReadOnlyList<Migration> migrations, Dictionary<int, (string Name, string Checksum)> applied)
    {
        var known = migrations.ToDictionary(migration => migration.Version);
        foreach (var (version, (name, checksum)) in applied)
        {
            if (!known.TryGetValue(version, out var migration))
            {
                throw new MigrationException(
                    $"The database has migration {version:0000}_{name}, which this build does not know: the database is newer than the "
                    + "code. Use a build that has it.");
            }

            if (migration.Checksum != checksum)
            {
                throw new MigrationException(
                    $"Migration {migration.Title} was changed after it was applied to this database. Undo the change and put it into "
                    + "a new migration (a throw-away database can be started over instead).");
            }
        }

        var newest = applied.Count == 0 ? 0 : applied.Keys.Max();
        if (migrations.FirstOrDefault(migration => migration.Version < newest && !applied.ContainsKey(migration.Version)) is { } late)
        {
            throw new MigrationException(
                $"Migration {late.Title} was not applied to this database, but {newest:0000} was. Give it a number after the newest one.");
        }
    }

    private static string Describe(string title, string sql, PostgresException exception)
    {
        var text = $"{title} failed and left nothing behind: {exception.MessageText} ({exception.SqlState})";
        if (exception.InternalPosition > 0 && exception.InternalQuery == sql)
        {
            var before = sql[..Math.Min(exception.InternalPosition - 1, sql.Length)];
            var line = sql[before.Length..].Split('\n')[0];
            text += $"\nat line {before.Count(character => character == '\n') + 1}: {line}";
        }
        else if (exception.Where is { } where)
        {
            text += $"\n{where.Replace(sql, title, StringComparison.Ordinal)}";
        }

        foreach (var more in new[] { exception.Detail, exception.Hint })
        {
            text += more is null ? "" : $"\n{more}";
        }

        return text;
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant above or a file of this repository.")]
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(ct);
    }
}
