using Npgsql;

namespace Portal.Foundation.Db;

/// <summary>
/// Row-level security does not hold for a superuser, a role with BYPASSRLS or the owner of the tables: a connection string of such a role
/// would take one of the two fences between tenants away without anybody noticing. So no connection of such a role is ever used.
/// </summary>
public static class LeastPrivilege
{
    /// <summary>A data source whose connections are asked, once each, what their role may do.</summary>
    /// <param name="setting">The setting that the connection string is from, for the message.</param>
    public static NpgsqlDataSource Open(string connectionString, string setting)
    {
        // In metrics and traces the pool goes by its setting: without a name they would hold the connection string, if not its password.
        var builder = new NpgsqlDataSourceBuilder(connectionString) { Name = setting };
        builder.ConfigureTracing(tracing => tracing.EnableFirstResponseEvent(false));

        // All columns are of Postgres's own types: a process that starts need not ask the catalog for others before its first answer.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        builder.UsePhysicalConnectionInitializer(
            connection => ThrowIf(RolePrivilegeQuery.Fault(connection), setting),
            async connection => ThrowIf(await RolePrivilegeQuery.FaultAsync(connection), setting));
        return builder.Build();
    }

    private static void ThrowIf(string? fault, string setting)
    {
        if (fault is not null)
        {
            throw new InvalidOperationException($"The role of {setting} {fault}: give the app a role of least privilege (README).");
        }
    }
}
