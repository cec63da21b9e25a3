using System.Security.Cryptography;
using System.Text;
using Portal.Postgres;

namespace Portal.Tests.Support;

/// <summary>What a fresh test database holds: filled once per server, then cloned.</summary>
/// <param name="Content">Tells templates apart: a hash of whatever the filling depends on.</param>
/// <param name="FillAsync">Fills an empty database; gets an unpooled connection string to it.</param>
public sealed record TestTemplate(string Content, Func<string, Task> FillAsync)
{
    /// <summary>The portal's schema.</summary>
    public static TestTemplate Portal { get; } = Of(Migration.In(), DatabaseFunction.In());

    /// <summary>A schema made by the given migrations and functions.</summary>
    public static TestTemplate Of(IReadOnlyList<Migration> migrations, params IReadOnlyList<DatabaseFunction> functions)
    {
        var text = string.Join(
            '\n', [.. migrations.Select(migration => migration.Checksum), .. functions.Select(function => function.Checksum)]);
        var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        return new TestTemplate(content, address => Migrator.ApplyAsync(address, migrations, functions));
    }
}
