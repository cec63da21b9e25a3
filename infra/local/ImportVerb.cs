using System.Globalization;
using Npgsql;
using Portal.Compliance.Exports.Tenants;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Postgres;

namespace Portal.Local;

/// <summary><c>import &lt;file&gt;</c>: restores the export of a tenant into a portal that does not have it. A database that is given is
/// taken as it is; nothing is put there for the local portal.</summary>
internal static class ImportVerb
{
    public static async Task<int> RunAsync(
        LauncherArguments arguments, Screen errors, TextWriter output, TimeProvider clock, CancellationToken ct)
    {
        // Before anything is started for nothing.
        await using var stream = File.OpenRead(arguments.File!);
        try
        {
            using var file = new TenantFile(stream);
            await file.AboutAsync(ct);
            await using var database = await LocalDatabase.OpenAsync(arguments, errors, ct);
            if (!database.IsGiven)
            {
                await Migrator.ApplyAsync(database.Address, ct);
            }

            await using var sources = new PortalDataSources(Patient(database.App), Patient(database.System));
            var import = new ImportTenant(new PortalDb(sources), new TenantImportStore(clock), new AuditWriter(clock));
            await PrintAsync(await import.RunAsync(file, arguments.Organization, ct), output);
            return 0;
        }
        catch (InvalidDataException e)
        {
            throw new LauncherException($"Nothing was restored of {arguments.File}: {e.Message}");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn)
        {
            throw new LauncherException("Nothing was restored: the database has not been migrated to this version of the portal.");
        }
    }

    /// <summary>All of it is one transaction, and its last statements see every row.</summary>
    private static NpgsqlDataSource Patient(string address) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(address) { CommandTimeout = 0 });

    private static async Task PrintAsync(ImportedTenant imported, TextWriter output)
    {
        var (export, audit) = (imported.Export, imported.Audit);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"Restored tenant {export.TenantId} as it was at {export.MadeAt:yyyy-MM-dd HH:mm} UTC."));
        foreach (var table in TenantTables.All)
        {
            var note = table.IsRestored ? table.Note : "not restored";
            await output.WriteLineAsync($"  {table.Name}: {export.Records[table.Name]}{(note is null ? "" : $" ({note})")}");
        }

        await output.WriteLineAsync(
            $"The audit log is not restored; keep the file. It holds {audit.Rows} sealed rows; its last seal is "
                + $"{audit.LastSeal ?? "none"}.");
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"Videos are not restored: {TenantExport.MediaName} has their addresses, which open until "
                + $"{export.LinksUntil:yyyy-MM-dd HH:mm} UTC."));
    }
}
