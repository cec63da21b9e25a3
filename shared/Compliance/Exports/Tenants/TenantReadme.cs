using System.Globalization;
using System.Text;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>The text that explains a tenant's export to whoever opens it.</summary>
internal static class TenantReadme
{
    public static string Text(TenantExport export)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Everything that organization {export.TenantId} has in the portal").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"""
                Made on {export.MadeAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC. Format: {export.Format}.
                Each .ndjson file holds one JSON object a line, whose times have their offset from UTC. export.json counts the lines.
                All tables are of one moment. The audit log and the addresses of media were read after it, and may know a little more.
                It is restored into an empty portal with: dotnet run --project infra/local -- import <this file>
                """);
        foreach (var table in TenantTables.All)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{table.File} – {table.About}");
            foreach (var (name, meaning) in table.Fields)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {meaning}");
            }

            foreach (var line in TenantTable.Lines(table.Omits))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  Left out: {line}.");
            }

            var note = table.IsRestored ? table.Note : "not: to be read, and kept beside the portal";
            text.AppendLine(CultureInfo.InvariantCulture, $"  Restored {note ?? "as it was"}.");
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"""
            {TenantExport.MediaName} – Addresses of the files of each version of a video, for whoever has them.
            They open until {export.LinksUntil.UtcDateTime:yyyy-MM-dd HH:mm} UTC; then this export is gone too. Fetch the files until then.
              asset_id, asset_version_id, number, file_name: of which version
              original: the file as it was uploaded; none where it was sent straight to Mux, which keeps no original
              playback: an HLS playlist, as Mux plays it
              download: one MP4 file, where somebody has downloaded the version from a share link before
              expires_at: until when they open
              Restored not: upload the files again.

            {TenantExport.AuditName} – The audit log and the audit of playback, with their seals. It is checked, and read, by itself:
              dotnet run --project infra/local -- audit verify {TenantExport.AuditName}
              Restored not: the new portal's log begins with this import. Keep the file.

            Kept, and not in here:
            """);
        foreach (var (table, why) in TenantTables.LeftOut)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {table.Replace('_', ' ')}: {why}");
        }

        return text.ToString();
    }
}
