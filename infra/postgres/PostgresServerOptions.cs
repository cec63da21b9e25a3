namespace Portal.Postgres;

/// <summary>Which Postgres to use, and how to run it if it is ours to run.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>The environment variable that names a server to use instead of starting one.</summary>
    public const string DatabaseVariable = "PORTAL_DATABASE";

    /// <summary>The environment variable for <see cref="Binaries"/>.</summary>
    public const string BinariesVariable = "PORTAL_POSTGRES_BINARIES";

    /// <summary>
    /// A server to use as it is (keywords or a postgres:// address); nothing is started then. Null looks at PORTAL_DATABASE; empty
    /// starts one whatever that says.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>
    /// Where state lives; by default <c>.portal</c> in the checkout. Somewhere under the temporary folders is used instead where the
    /// server's account cannot work in it.
    /// </summary>
    public string? StateFolder { get; init; }

    /// <summary>The cluster's folder in the state folder. Two servers with the same name are the same server.</summary>
    public string Name { get; init; } = "postgres";

    /// <summary>False trades safety over a power cut for speed: for data that nobody misses.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>True deletes the cluster when this process ends, however it ends. Others of the kind in the same folder whose process is
    /// dead are swept.</summary>
    public bool Throwaway { get; init; }

    /// <summary>True deletes what an earlier run left and starts over; refused while another process uses it.</summary>
    public bool Fresh { get; init; }

    /// <summary>The time zone sessions start in.</summary>
    public string TimeZone { get; init; } = "UTC";

    public int MaxConnections { get; init; } = 200;

    /// <summary>Not for hundreds of small databases that are gone in a minute: each is given a worker of its own now and then.</summary>
    public bool Autovacuum { get; init; } = true;

    /// <summary>
    /// A folder with initdb, pg_ctl and postgres, or <c>npm</c> for the pinned package; null looks at PORTAL_POSTGRES_BINARIES, then
    /// takes the newest on this machine, then the package.
    /// </summary>
    public string? Binaries { get; init; }
}
