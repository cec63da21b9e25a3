using System.Security.Cryptography;
using Portal.Foundation;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.Foundation.Timers;
using Portal.Vendors;
using Portal.Vendors.Blob;

namespace Portal.Compliance.Archive;

/// <summary>
/// Writes the audit log to files in the private Blob store, seal by seal, before any row of them leaves the log. A file is an export of
/// its seals, whole and signed, and never written again: the rows of a seal that are kept longer are in it too, and stay in the log beside
/// it. It counts only once it was read back and verified, so that a run after a crash takes what lies there, or writes it anew.
/// </summary>
public sealed class ArchiveAudit(
    AuditArchiveStore store, RetentionStore retention, AuditExport export, AuditKeys keys, BlobWrites writes, BlobReads reads,
    BlobDeletes deletes, TimeProvider clock)
{
    /// <summary>Rows in a file, so that one can be fetched and checked in a minute; a seal of more is a file of its own.</summary>
    private const long MostRows = 20_000;
    private const string ContentType = "application/x-ndjson";

    /// <summary>Up to the last seal whose rows are all past the shortest time, when there is a row whose time is over.</summary>
    public async Task RunAsync(TenantId tenant, RunCounts counts, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        while (await IsDueAsync(tenant, now, ct)
            && await retention.LastSealAsync(tenant, now.AddDays(-AuditClass.All[0].Days), ct) is { } through
            && await store.PlanAsync(tenant, through, MostRows, ct) is { } file)
        {
            if (await WriteAsync(tenant, file, now, ct) is { } why)
            {
                await store.FailedAsync(tenant, file, why, ct);
                counts.Add("auditFilesFailed", 1);
                return;
            }

            counts.Add("auditFiles", 1);
        }
    }

    private async Task<bool> IsDueAsync(TenantId tenant, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var of in AuditClass.All)
        {
            if (await store.IsDueAsync(tenant, of, now.AddDays(-of.Days), ct))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Null: it lies there, and was read back. Whatever the store says to the writing, what lies there is what counts.</summary>
    private async Task<string?> WriteAsync(TenantId tenant, ArchiveFile file, DateTimeOffset now, CancellationToken ct)
    {
        VendorFailure? refused;
        await using (var written = TemporaryFiles.Open())
        {
            await foreach (var line in export.LinesAsync(tenant, file.FirstSeal, file.LastSeal, ct))
            {
                await written.WriteAsync(line, ct);
            }

            refused = await writes.PutAsync(file.Pathname, ContentType, written, ct);
        }

        await using var stored = TemporaryFiles.Open();
        if (await reads.CopyAsync(file.Pathname, stored, now.AddHours(1), ct) is { } missing)
        {
            return (refused ?? missing).Reason;
        }

        stored.Position = 0;
        using var text = new StreamReader(stored, leaveOpen: true);
        var verdict = await new AuditVerifier(keys.Public).RunAsync(AuditVerifier.LinesAsync(text, ct));
        if (!verdict.Holds || verdict.TenantId != tenant.Value || verdict.FirstSeal != file.FirstSeal
            || verdict.Seals != file.LastSeal - file.FirstSeal + 1)
        {
            var gone = await deletes.DeleteAsync(file.Pathname, ct);
            return $"What lies there is not the log as it was sealed: {verdict.Fault?.Message ?? "other seals."}"
                + (gone is null ? "" : $" It could not be deleted: {gone.Reason}");
        }

        stored.Position = 0;
        await store.VerifiedAsync(
            tenant, file, new(verdict.Rows, stored.Length, await SHA256.HashDataAsync(stored, ct)), ct);
        return null;
    }
}
