using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Portal.LocalVendors.Hosting;
using Portal.Postgres;
using Portal.Runtime.Durable;
using Portal.Tests.Support.Statements;

namespace Portal.Tests.Support;

/// <summary>What a fresh test database holds: filled once per server, then cloned.</summary>
/// <param name="Content">Tells templates apart: a hash of whatever the filling depends on.</param>
/// <param name="FillAsync">Fills an empty database; gets an unpooled connection string to it.</param>
/// <param name="Reusable">A database of it can be emptied and had again (<see cref="DatabaseReset"/>).</param>
public sealed record TestTemplate(string Content, Func<string, Task> FillAsync, bool Reusable = false)
{
    /// <summary>The portal's schema, and what the local engine and the local vendors would make as they start: making that takes a start
    /// longer than all else it does.</summary>
    public static TestTemplate Portal { get; } = Whole();

    /// <summary>A schema made by the given migrations and functions.</summary>
    public static TestTemplate Of(IReadOnlyList<Migration> migrations, params IReadOnlyList<DatabaseFunction> functions)
    {
        var text = string.Join(
            '\n', [.. migrations.Select(migration => migration.Checksum), .. functions.Select(function => function.Checksum)]);
        var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        return new TestTemplate(content, address => Migrator.ApplyAsync(address, migrations, functions));
    }

    private static TestTemplate Whole()
    {
        var portal = Of(Migration.In(), DatabaseFunction.In());
        Module[] scripts = [typeof(DurableSchema).Module, typeof(VendorDatabase).Module];
        var content = string.Join(
            '_', [portal.Content, DatabaseReset.Content, .. scripts.Select(module => module.ModuleVersionId.ToString("N")[..8])]);
        return new TestTemplate(
            content,
            async address =>
            {
                await portal.FillAsync(address);
                if (StatementLog.Folder is not null)
                {
                    await ChangedFunctions.MakeAsync(address);
                }

                await using var engine = NpgsqlDataSource.Create(address);
                await DurableSchema.MigrateAsync(engine, CancellationToken.None);
                await using (await VendorDatabase.OpenAsync(address, CancellationToken.None))
                {
                    await DatabaseReset.PrepareAsync(engine);
                }
            },
            Reusable: true);
    }
}
