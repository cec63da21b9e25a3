using System.Text;
using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Vendors;
using Portal.Vendors.Blob;

namespace Portal.Compliance.Archive;

/// <summary>
/// Reads rows that have left the log from the files that they are in, seal by seal in their order: each file is fetched once and read
/// once, forwards. A file that is gone or is no such file gives nothing; who checks then misses the rows.
/// </summary>
public sealed class ArchivedRows(AuditArchiveStore store, BlobReads reads, TenantId tenant, DateTimeOffset now) : IAsyncDisposable
{
    private static readonly Dictionary<Guid, ReadOnlyMemory<byte>> None = [];
    private ArchiveFile? file;
    private FileStream? text;
    private StreamReader? lines;
    private long at;

    /// <summary>Lines by row id, of those rows whose time in the log is over: any other should still be there.</summary>
    /// <param name="seal">Greater than the one before.</param>
    /// <exception cref="TransientException">The store is away.</exception>
    public async Task<IReadOnlyDictionary<Guid, ReadOnlyMemory<byte>>> OfSealAsync(long seal, CancellationToken ct)
    {
        if ((file is null || file.LastSeal < seal) && !await OpenAsync(seal, ct))
        {
            return None;
        }

        var rows = new Dictionary<Guid, ReadOnlyMemory<byte>>();
        try
        {
            while (at <= seal && await lines!.ReadLineAsync(ct) is { } line)
            {
                Read(line, seal, rows);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            at = long.MaxValue;
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        lines?.Dispose();
        if (text is not null)
        {
            await text.DisposeAsync();
        }
    }

    private void Read(string line, long seal, Dictionary<Guid, ReadOnlyMemory<byte>> rows)
    {
        using var json = JsonDocument.Parse(line);
        switch (json.RootElement.GetProperty("type").GetString())
        {
            case "seal":
                at = json.RootElement.GetProperty("number").GetInt64();
                break;
            case "row" when at == seal && IsOver(json.RootElement):
                rows[json.RootElement.GetProperty("id").GetGuid()] = Encoding.UTF8.GetBytes(line + "\n");
                break;
            case "unsealed":
                at = long.MaxValue;
                break;
        }
    }

    private bool IsOver(JsonElement row) =>
        row.GetProperty("occurredAt").GetDateTimeOffset()
            < now.AddDays(-AuditActions.ClassOf(row.GetProperty("action").GetString()!).Days);

    private async Task<bool> OpenAsync(long seal, CancellationToken ct)
    {
        await DisposeAsync();
        (file, text, lines, at) = (await store.FindAsync(tenant, seal, ct), null, null, 0);
        if (file is null)
        {
            return false;
        }

        text = TemporaryFiles.Open();
        if (await reads.CopyAsync(file.Pathname, text, now.AddHours(1), ct) is { } failure)
        {
            at = failure is VendorFailure.Refused
                ? long.MaxValue
                : throw new TransientException($"The archive of the audit log does not open: {failure.Reason}");
        }

        text.Position = 0;
        lines = new StreamReader(text, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        return true;
    }
}
