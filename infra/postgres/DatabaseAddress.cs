using Npgsql;

namespace Portal.Postgres;

/// <summary>Reads what people and hosting providers write down as the address of a database.</summary>
public static class DatabaseAddress
{
    // libpq's names where they differ from Npgsql's.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["options"] = "Options",
        ["channel_binding"] = "Channel Binding",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
    };

    /// <summary>An Npgsql connection string from either form: <c>Host=…;Database=…</c> or
    /// <c>postgres://user:password@host/database?sslmode=require</c>.</summary>
    /// <exception cref="ArgumentException">It is neither. The message does not repeat the text, which may hold a password.</exception>
    public static string Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        var isUri = text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);
        try
        {
            return isUri ? FromUri(new Uri(text.Trim())) : new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException or FormatException)
        {
            throw new ArgumentException(
                "The text is no address of a Postgres database: write Host=…;Username=…;Password=…;Database=… "
                + "or postgres://user:password@host:port/database.",
                nameof(text));
        }
    }

    private static string FromUri(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.IdnHost };
        if (uri.Port > 0)
        {
            builder.Port = uri.Port;
        }

        var user = uri.UserInfo.Split(':', 2);
        builder.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        builder.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        builder.Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : null;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]);
            var value = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "");
            builder[Keywords.GetValueOrDefault(name, name)] = value.Replace("-", "", StringComparison.Ordinal) is var plain
                && string.Equals(name, "sslmode", StringComparison.OrdinalIgnoreCase) ? plain : value;
        }

        return builder.ConnectionString;
    }
}
