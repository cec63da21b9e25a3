using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Portal.Postgres;

/// <summary>One step of the schema: <c>migrations/NNNN_name.sql</c>. Never changed once it is merged.</summary>
public sealed partial record Migration
{
    public Migration(int version, string name, string sql)
    {
        Version = version;
        Name = name;
        // A checkout with other line ends is the same migration.
        Sql = sql.ReplaceLineEndings("\n");
        Checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
    }

    public int Version { get; }

    public string Name { get; }

    public string Sql { get; }

    /// <summary>SHA-256 of the text, in hexadecimal.</summary>
    public string Checksum { get; }

    /// <summary>The file's name without its ending, for people.</summary>
    public string Title => $"{Version:0000}_{Name}";

    /// <summary>The migrations embedded in an assembly (this one unless told), in order.</summary>
    /// <exception cref="MigrationException">A file's name does not fit, or two have one number.</exception>
    public static IReadOnlyList<Migration> In(Assembly? assembly = null)
    {
        const string Folder = "migrations/";
        assembly ??= typeof(Migration).Assembly;
        return InOrder(assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(Folder, StringComparison.Ordinal))
            .Select(resource => Read(assembly, resource, resource[Folder.Length..])));
    }

    /// <summary>Sorted by number.</summary>
    /// <exception cref="MigrationException">Two have one number.</exception>
    public static IReadOnlyList<Migration> InOrder(IEnumerable<Migration> migrations)
    {
        var sorted = migrations.OrderBy(migration => migration.Version).ToArray();
        var twice = sorted.GroupBy(migration => migration.Version).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? sorted
            : throw new MigrationException(
                $"Two migrations have the number {twice.Key:0000}: {string.Join(", ", twice.Select(each => each.Title))}. Renumber the "
                    + "one that is not merged.");
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        var match = FileName().Match(file);
        if (!match.Success)
        {
            throw new MigrationException($"migrations/{file} is not named like 0001_first_step.sql.");
        }

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new Migration(
            int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), match.Groups[2].Value, reader.ReadToEnd());
    }

    [GeneratedRegex(@"^(\d{4})_([a-z0-9_]+)\.sql$")]
    private static partial Regex FileName();
}
