using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Postgres;

/// <summary>
/// A database function that runs in production: <c>functions/name.sql</c>, all of it in one file, which changes in place. It is applied
/// after the migrations whenever its text differs from what the database has. The file must be safe to run again: <c>create or
/// replace</c>, and a <c>drop function if exists</c> of the old shape before it when its parameters or result change.
/// </summary>
public sealed record DatabaseFunction
{
    public DatabaseFunction(string name, string sql)
    {
        Name = name;
        Sql = sql.ReplaceLineEndings("\n");
        Checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
    }

    public string Name { get; }

    public string Sql { get; }

    /// <summary>SHA-256 of the text, in hexadecimal.</summary>
    public string Checksum { get; }

    /// <summary>The functions embedded in an assembly (this one unless told), by name.</summary>
    public static IReadOnlyList<DatabaseFunction> In(Assembly? assembly = null)
    {
        const string Folder = "functions/";
        assembly ??= typeof(DatabaseFunction).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(resource => resource.StartsWith(Folder, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(resource => Read(assembly, resource)),
        ];
    }

    private static DatabaseFunction Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new(Path.GetFileNameWithoutExtension(resource), reader.ReadToEnd());
    }
}
