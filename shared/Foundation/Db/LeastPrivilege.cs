using Npgsql;

namespace Portal.Foundation.Db;

/// <summary>
/// Row-level security does not hold for a superuser, a role with BYPASSRLS or the owner of the tables: a connection string of such a role
/// would take one of the two fences between tenants away without anybody noticing. So no connection of such a role is ever used.
/// </summary>
public static class LeastPrivilege
{
    private const string Query = """
        select case
                   when r.rolsuper then 'is a superuser'
                   when r.rolbypassrls then 'bypasses row-level security'
                   when exists (select from pg_tables t where t.schemaname = 'portal' and pg_has_role(t.tableowner, 'member'))
                       then 'owns the tables'
               end
          from pg_roles r where r.rolname = current_user
        """;

    /// <summary>A data source whose connections are asked, once each, what their role may do.</summary>
    /// <param name="setting">The setting that the connection string is from, for the message.</param>
    public static NpgsqlDataSource Open(string connectionString, string setting)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UsePhysicalConnectionInitializer(
            connection => Require(connection, setting), connection => RequireAsync(connection, setting));
        return builder.Build();
    }

    private static void Require(NpgsqlConnection connection, string setting)
    {
        using var command = new NpgsqlCommand(Query, connection);
        ThrowIf(command.ExecuteScalar(), setting);
    }

    private static async Task RequireAsync(NpgsqlConnection connection, string setting)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        ThrowIf(await command.ExecuteScalarAsync(), setting);
    }

    private static void ThrowIf(object? why, string setting)
    {
        if (why is string fault)
        {
            throw new InvalidOperationException($"The role of {setting} {fault}: give the app a role of least privilege (README).");
        }
    }
}
