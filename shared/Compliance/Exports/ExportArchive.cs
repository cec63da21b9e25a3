using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Portal.Compliance.Exports;

/// <summary>
/// The zip that somebody gets: <c>README.txt</c> (what is in it, and what each field means), <c>export.json</c> (format, kind, time,
/// records per file) and one JSON array a file. Format 1.
/// </summary>
public sealed class ExportArchive(Stream to, Export export, ExportedSubject subject, DateTimeOffset now) : IDisposable
{
    public const string Format = "portal-export/1";

    internal static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web) { WriteIndented = true };

    private readonly ZipArchive zip = new(to, ZipArchiveMode.Create, leaveOpen: true);
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
    private readonly List<string> cut = [];

    /// <summary>How many records are in each file.</summary>
    public IReadOnlyDictionary<string, int> Counts => counts;

    /// <param name="records">JSON objects; more than <see cref="ExportedRowsQuery.MostRecords"/> are cut, which the export says.</param>
    public async Task AddAsync(ExportedTable table, IReadOnlyList<string> records, CancellationToken ct)
    {
        var kept = Math.Min(records.Count, ExportedRowsQuery.MostRecords);
        if (kept < records.Count)
        {
            cut.Add(table.Name);
        }

        counts[table.Name] = kept;
        await using var writer = Open($"{table.Name}.json");
        await writer.WriteAsync(kept == 0 ? "[" : "[\n");
        for (var i = 0; i < kept; i++)
        {
            await writer.WriteAsync(records[i].AsMemory(), ct);
            await writer.WriteAsync(i < kept - 1 ? ",\n" : "\n");
        }

        await writer.WriteAsync("]\n");
    }

    /// <summary>The two files that explain the others.</summary>
    public async Task CloseAsync(CancellationToken ct)
    {
        await using (var writer = Open("export.json"))
        {
            await writer.WriteAsync(JsonSerializer.Serialize(
                new
                {
                    format = Format,
                    kind = export.Kind,
                    exportId = export.Id,
                    organization = subject.TenantName,
                    madeAt = now,
                    records = counts,
                    cut,
                },
                Indented).AsMemory(), ct);
        }

        await using var readme = Open("README.txt");
        await readme.WriteAsync(Readme().AsMemory(), ct);
    }

    public void Dispose() => zip.Dispose();

    /// <summary>A text file of a zip; close it before the next.</summary>
    internal static StreamWriter Open(ZipArchive zip, string name, DateTimeOffset now)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
        entry.LastWriteTime = now.ToUniversalTime();
        return new StreamWriter(entry.Open(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    private StreamWriter Open(string name) => Open(zip, name, now);

    private string Readme()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"What {subject.TenantName} keeps of {Whom()} in the portal").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Made on {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC. Format: {Format}.")
            .AppendLine("Each file is a JSON array, newest first. All times are UTC. export.json counts the records of each file.")
            .AppendLine("Videos are the organization's and are not in here; whoever uploaded one downloads it in the portal.");
        foreach (var name in cut)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{name}.json holds the newest {ExportedRowsQuery.MostRecords} records only: ask for the others.");
        }

        foreach (var table in ExportedRowsQuery.All.Where(table => table.Of(export.Kind) is not null))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{table.Name}.json – {table.About}");
            foreach (var (name, meaning) in table.Fields)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {meaning}");
            }
        }

        text.AppendLine().AppendLine("Kept, and not in here:");
        foreach (var (table, why) in ExportedRowsQuery.LeftOut.OrderBy(left => left.Key, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {table.Replace('_', ' ')}: {why}");
        }

        return text.ToString();
    }

    private string Whom() => export.Kind == SubjectKind.Person ? "you" : $"the guest {subject.Address}";
}
