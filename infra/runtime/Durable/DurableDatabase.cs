using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>
/// Connections of the engine. Its statements find rows by key through indexes, always; but they are prepared when the tables may be empty,
/// and a plan made then would scan what is large later. So the planner is told not to consider scans and hashes, and not to plan anew.
/// </summary>
internal static class DurableDatabase
{
    private const string Planner = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c "
        + "enable_mergejoin=off -c enable_material=off";

    public static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "portal-durable",
            MaxAutoPrepare = 30,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = 10,

            // Nothing outlives a transaction: locks are its own, and who listens has a connection apart.
            NoResetOnClose = true,
        };
        settings.Options = string.IsNullOrEmpty(settings.Options) ? Planner : $"{settings.Options} {Planner}";
        // Postgres's own types and their arrays alone: the catalog need not be asked for others.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString)
            .ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
    }
}
