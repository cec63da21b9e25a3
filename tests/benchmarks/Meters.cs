using System.Diagnostics;
using System.Globalization;
using Dapper;
using Npgsql;

namespace Portal.Tests.Benchmarks;

/// <summary>What this process has used since it started; zero where the system does not tell.</summary>
public sealed record ProcessMeter(
    TimeSpan Cpu, TimeSpan MachineBusy, long Allocated, int Collections, TimeSpan Pause, long Contentions,
        IReadOnlyDictionary<string, TimeSpan> Threads)
{
    public static ProcessMeter Read()
    {
        using var process = Process.GetCurrentProcess();
        return new(
            process.TotalProcessorTime, Linux.MachineBusy(), GC.GetTotalAllocatedBytes(), GC.CollectionCount(0),
            GC.GetTotalPauseDuration(),
            Monitor.LockContentionCount, Linux.Threads());
    }

    public static ProcessMeter operator -(ProcessMeter after, ProcessMeter before) => new(
        after.Cpu - before.Cpu, after.MachineBusy - before.MachineBusy, after.Allocated - before.Allocated,
        after.Collections - before.Collections,
        after.Pause - before.Pause, after.Contentions - before.Contentions,
        after.Threads.ToDictionary(thread => thread.Key, thread => thread.Value - before.Threads.GetValueOrDefault(thread.Key)));

    public static ProcessMeter Subtract(ProcessMeter left, ProcessMeter right) => left - right;
}

/// <summary>What the server has done since it started.</summary>
public sealed record ServerFigures(TimeSpan Cpu, long Commits, long Syncs, long WalBytes, long Updates, long HotUpdates)
{
    public static ServerFigures operator -(ServerFigures after, ServerFigures before) => new(
        after.Cpu - before.Cpu, after.Commits - before.Commits, after.Syncs - before.Syncs, after.WalBytes - before.WalBytes,
        after.Updates - before.Updates, after.HotUpdates - before.HotUpdates);

    public static ServerFigures Subtract(ServerFigures left, ServerFigures right) => left - right;
}

/// <summary>Reads the server's counters over a connection of its own.</summary>
public sealed class ServerMeter : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly int postmaster;
    private readonly bool statements;

    private ServerMeter(NpgsqlConnection connection, int postmaster, bool statements)
    {
        this.connection = connection;
        this.postmaster = postmaster;
        this.statements = statements;
    }

    public static async Task<ServerMeter> OpenAsync(NpgsqlDataSource database)
    {
        var connection = await database.OpenConnectionAsync();
        var backend = await connection.QuerySingleAsync<int>("select pg_backend_pid()");
        var statements = (
            await connection.QuerySingleAsync<string>("show shared_preload_libraries")).Contains(
                "pg_stat_statements", StringComparison.Ordinal);
        if (statements)
        {
            await connection.ExecuteAsync(
            "create extension if not exists pg_stat_statements; select pg_stat_statements_reset()");
        }

        return new(connection, Linux.Parent(backend), statements);
    }

    public async Task<ServerFigures> ReadAsync()
    {
        var (commits, updates, hot, bytes, version) = await connection.QuerySingleAsync<(
            long Commits, long Updates, long Hot, long Bytes, int Version)>(
            """
            select (select xact_commit from pg_stat_database where datname = current_database()),
                (select sum(n_tup_upd)::bigint from pg_stat_user_tables where schemaname = 'durable'),
                (select sum(n_tup_hot_upd)::bigint from pg_stat_user_tables where schemaname = 'durable'),
                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, current_setting('server_version_num')::int
            """);
        // Counted elsewhere before 14 and from 18 on.
        var syncs = version is >= 140000 and < 180000 ? await connection.QuerySingleAsync<long>("select wal_sync from pg_stat_wal") : 0;
        return new(Linux.ServerCpu(postmaster), commits, syncs, bytes, updates, hot);
    }

    /// <summary>The dearest statements of this database since the meter was opened.</summary>
    public async Task<IEnumerable<(string Statement, long Calls, double Milliseconds)>> StatementsAsync() => statements
        ? await connection.QueryAsync<(string, long, double)>(
            """
            select left(regexp_replace(query, '\s+', ' ', 'g'), 60), calls, total_exec_time from pg_stat_statements
            where dbid = (select oid from pg_database where datname = current_database()) order by total_exec_time desc limit 8
            """)
        : [];

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

/// <summary>Processor times as /proc has them, in hundredths of a second; nothing on other systems.</summary>
internal static class Linux
{
    private const int TicksPerSecond = 100;

    /// <summary>All processors, whoever uses them.</summary>
    public static TimeSpan MachineBusy()
    {
        if (!OperatingSystem.IsLinux())
        {
            return TimeSpan.Zero;
        }

        var times = File.ReadLines("/proc/stat").First().Split(
            ' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Number).ToArray();
        return Time(times.Take(8).Sum() - times[3] - times[4]);
    }

    /// <summary>Of this process, by the name of the thread.</summary>
    public static Dictionary<string, TimeSpan> Threads()
    {
        var threads = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        if (!OperatingSystem.IsLinux())
        {
            return threads;
        }

        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            if (Stat(task) is not { } stat)
            {
                continue;
            }

            threads[stat.Name] = threads.GetValueOrDefault(stat.Name) + Time(Number(stat.Fields[11]) + Number(stat.Fields[12]));
        }

        return threads;
    }

    public static int Parent(int process) =>
        OperatingSystem.IsLinux() && Stat($"/proc/{process}") is { } stat ? (int)Number(stat.Fields[1]) : 0;

    /// <summary>The postmaster, its children, and those that have ended.</summary>
    public static TimeSpan ServerCpu(int postmaster)
    {
        if (postmaster == 0)
        {
            return TimeSpan.Zero;
        }

        var total = 0L;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            if (Stat(process) is not { } stat)
            {
                continue;
            }

            if (Path.GetFileName(process) == postmaster.ToString(CultureInfo.InvariantCulture))
            {
                total += stat.Fields[11..15].Sum(Number);
            }
            else if (Number(stat.Fields[1]) == postmaster)
            {
                total += Number(stat.Fields[11]) + Number(stat.Fields[12]);
            }
        }

        return Time(total);
    }

    private static (string Name, string[] Fields)? Stat(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var end = text.LastIndexOf(')');
            return (text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end], text[(end + 2)..].Split(' '));
        }
        catch (IOException)
        {
            // Ended meanwhile.
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static TimeSpan Time(long ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
}
