using Npgsql;

namespace Portal.Foundation.Db;

/// <summary>What the role of a connection may do that the app's roles must not. Null: nothing.</summary>
internal static class RolePrivilegeQuery
{
    private const string Query = """
        select case
                   when r.rolsuper then 'is a superuser'
                   when r.rolbypassrls then 'bypasses row-level security'
                   when exists (
                        select from pg_class c
                         where c.relnamespace = to_regnamespace('portal') and c.relkind in ('r', 'p')
                           and pg_has_role(c.relowner, 'member'))
                       then 'owns the tables'
               end
          from pg_roles r where r.rolname = current_user
        """;

    public static string? Fault(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Query, connection);
        return command.ExecuteScalar() as string;
    }

    public static async Task<string?> FaultAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        return await command.ExecuteScalarAsync() as string;
    }
}
