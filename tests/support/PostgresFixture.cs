using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dapper;
using Npgsql;
using Portal.Postgres;

namespace Portal.Tests.Support;

/// <summary>
/// The Postgres server of this test process and the databases on it. PORTAL_DATABASE if it is set (a direct connection, allowed to
/// create databases); else an own throw-away cluster without fsync that goes when the process ends.
/// </summary>
/// <remarks>
/// A template is filled once per server and content, under an advisory lock that test processes share, and then closed to
/// connections, since Postgres does not copy a database that somebody is connected to. Each test process holds a lock of its own as
/// well: databases on a shared server whose process is gone are dropped by the next one.
/// </remarks>
public sealed class PostgresFixture
{
    // UTC+13: half the time a day ahead, so that a date taken from the wrong clock shows.
    private const string TimeZone = "Pacific/Tongatapu";

    // Several times what the suite has been seen to use, for two of its processes at once.
    private const long MemoryNeeded = 4L << 30;

    private const long TemplateLock = 767_825_001;
    private const int RunLocks = 767_825;

    private static readonly Lazy<Task<PostgresFixture>> Instance = new(StartAsync);

    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly Dictionary<string, string> templates = [];
    private readonly ConcurrentQueue<MadeDatabase> free = [];
    private readonly PostgresServer server;
    private readonly NpgsqlConnection holder;
    private readonly int run;
    private int made;

    private PostgresFixture(PostgresServer server, NpgsqlConnection holder, int run)
    {
        this.server = server;
        this.holder = holder;
        this.run = run;
    }

    /// <summary>The superuser's connection string to the server.</summary>
    public string Server => server.ConnectionString;

    /// <summary>Where the server comes from, for messages.</summary>
    public string Origin => server.Origin;

    /// <summary>The one fixture of this process; the first call starts the server.</summary>
    public static Task<PostgresFixture> SharedAsync() => Instance.Value;

    /// <summary>A fresh database with the portal's schema. Dispose of it to drop it.</summary>
    public static async Task<TestDatabase> CloneAsync(TestTemplate? template = null)
    {
        var fixture = await SharedAsync();
        return new TestDatabase(fixture, await fixture.TakeAsync(template ?? TestTemplate.Portal));
    }

    /// <summary>A fresh database with nothing in it. Dispose of it to drop it.</summary>
    public static async Task<TestDatabase> EmptyAsync()
    {
        var fixture = await SharedAsync();
        return new TestDatabase(fixture, await fixture.MakeAsync(null));
    }

    /// <summary>The one that has been free for longest, so that the last words of its last user have arrived; or another.</summary>
    internal async Task<MadeDatabase> TakeAsync(TestTemplate template)
    {
        while (template.Reusable && free.TryDequeue(out var used))
        {
            if (await DatabaseReset.TryAsync(used.Admin))
            {
                return used;
            }

            await DropAsync(used);
        }

        return await MakeAsync(template);
    }

    internal async Task GiveBackAsync(MadeDatabase database)
    {
        if (database.Connections is null)
        {
            await DropAsync(database);
        }
        else
        {
            free.Enqueue(database);
        }
    }

    private async Task<MadeDatabase> MakeAsync(TestTemplate? template)
    {
        string name;
        await oneAtATime.WaitAsync();
        try
        {
            var source = template is null ? "template0" : await EnsureTemplateAsync(template);
            name = string.Create(CultureInfo.InvariantCulture, $"portal_test_{run}_{++made}");
            await ExecuteAsync($"create database {name} template {source}");
        }
        finally
        {
            oneAtATime.Release();
        }

        var address = Address(name);
        return new(name, address, template is { Reusable: true } ? await DatabaseConnections.OpenAsync(address) : null);
    }

    private async Task DropAsync(MadeDatabase database)
    {
        if (database.Connections is { } connections)
        {
            await connections.DisposeAsync();
        }

        await using (var pooled = new NpgsqlConnection(database.Admin))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        await oneAtATime.WaitAsync();
        try
        {
            await ExecuteAsync($"drop database if exists {database.Name} with (force)");
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private static async Task<PostgresFixture> StartAsync()
    {
        SqlMapper.ConnectionStringComparer = new AnyDatabase();
        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"test/{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}"),
            Durable = false,
            Throwaway = true,
            StateFolder = MemoryFolder(),
            TimeZone = TimeZone,
            // Several classes at a time, each with an app, its vendors and an engine whose pools grow with what is asked at once.
            MaxConnections = 600,
            Autovacuum = false,
        });
        var run = Random.Shared.Next(1, int.MaxValue);
        // Held open as long as the process lives: its lock says that this run's databases are in use.
        var holder = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Keepalive=60;Command Timeout=120");
        await holder.OpenAsync();
        var fixture = new PostgresFixture(server, holder, run);
        await fixture.ExecuteAsync($"select pg_advisory_lock({RunLocks}, {run})");
        await fixture.SweepAsync();
        if (server.Folder.Length == 0)
        {
            // A server of ours goes with all that is on it; one that was given is left as it was.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => fixture.DropAllAsync().GetAwaiter().GetResult();
        }

        return fixture;
    }

    private async Task DropAllAsync()
    {
        while (free.TryDequeue(out var used))
        {
            await DropAsync(used);
        }
    }

    /// <summary>
    /// Where servers of tests keep their files. Databases of some hundred files each come and go: on a disk, looking for free inodes is an
    /// eighth of the suite's work. Null, the usual place, where there is no memory for it.
    /// </summary>
    public static string? MemoryFolder()
    {
        const string Memory = "/dev/shm";
        return OperatingSystem.IsLinux() && Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace >= MemoryNeeded
            ? $"{Memory}/motion-mavericks-portal-{Environment.UserName}"
            : null;
    }

    /// <summary>Drops the databases of test processes that are gone.</summary>
    private async Task SweepAsync()
    {
        foreach (var name in await ReadAsync(@"select datname from pg_database where datname ~ '^portal_test_\d+_\d+$'"))
        {
            var owner = name.Split('_')[2];
            if (await ReadAsync($"select 'dead' where pg_try_advisory_lock({RunLocks}, {owner})") is [_])
            {
                await ExecuteAsync($"drop database if exists {name} with (force)");
                await ExecuteAsync($"select pg_advisory_unlock({RunLocks}, {owner})");
            }
        }
    }

    private async Task<string> EnsureTemplateAsync(TestTemplate template)
    {
        if (templates.TryGetValue(template.Content, out var known))
        {
            return known;
        }

        var name = $"portal_template_{template.Content}";
        await ExecuteAsync($"select pg_advisory_lock({TemplateLock})");
        try
        {
            // The mark is set last: without it an earlier process died while filling.
            if (await ReadAsync($"select datname from pg_database where datname = '{name}' and datistemplate") is [])
            {
                await ExecuteAsync($"drop database if exists {name} with (force)");
                await ExecuteAsync($"create database {name} template template0");
                await template.FillAsync(new NpgsqlConnectionStringBuilder(Address(name)) { Pooling = false }.ConnectionString);
                await ExecuteAsync($"alter database {name} with allow_connections false is_template true");
            }
        }
        finally
        {
            await ExecuteAsync($"select pg_advisory_unlock({TemplateLock})");
        }

        templates.Add(template.Content, name);
        return name;
    }

    private string Address(string database) => new NpgsqlConnectionStringBuilder(Server)
    {
        // Tests read Postgres's own types alone: the catalog need not be asked for others, once for each database. In words, since the
        // property is for data sources only, and tests open a connection by its string.
        ["Server Compatibility Mode"] = "NoTypeLoading",
        Database = database,
        ApplicationName = "test",
        MaxPoolSize = 8,
        // Tests leave nothing in a session; a reset would throw away what it has planned.
        NoResetOnClose = true,
        Timeout = 15,
        Timezone = TimeZone,
        IncludeErrorDetail = true,
    }.ConnectionString;

    [SuppressMessage("Security", "CA2100", Justification = "Names made above.")]
    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, holder);
        await command.ExecuteNonQueryAsync();
    }

    [SuppressMessage("Security", "CA2100", Justification = "Names made above.")]
    private async Task<List<string>> ReadAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, holder);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    /// <summary>What Dapper compiles for a statement is good for all databases and roles; by itself it compiles it for each.</summary>
    private sealed class AnyDatabase : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => true;

        public int GetHashCode(string obj) => 0;
    }
}
