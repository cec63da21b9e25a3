using System.Security.Cryptography;
using Portal.Compliance.Exports.Tenants;
using Portal.Foundation;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Vendors;
using Portal.Vendors.Blob;

namespace Portal.Compliance.Exports;

/// <summary>
/// Makes the file of an export, hands out addresses of it, and deletes it when its time is over. Each may run again: a file has a name of
/// its own at every run, which the row notes before it is sent, so that none is left behind.
/// </summary>
public sealed class MakeExport(
    ExportStore store, ExportedRowsQuery rows, ExportTenant tenants, PersonalHash hash, BlobWrites writes, BlobReads reads,
    BlobDeletes deletes, TimeProvider clock)
{
    private const string ContentType = "application/zip";
    private static readonly TimeSpan AddressLifetime = TimeSpan.FromMinutes(15);

    /// <summary>False: it is over, or another attempt's.</summary>
    /// <exception cref="TransientException">The store is away.</exception>
    /// <exception cref="PermanentException">The store refuses, or the subject is gone.</exception>
    public async Task<bool> RunAsync(ExportRef run, CancellationToken ct)
    {
        if (await store.BeginAsync(run, ct) is not { } export)
        {
            return false;
        }

        await DeleteAsync(export, ct);
        var now = clock.GetUtcNow();
        var pathname = $"exports/{run.TenantId}/{export.Id}/{Guid.CreateVersion7(now)}.zip";
        if (!await store.NotePathnameAsync(run, pathname, ct))
        {
            return false;
        }

        await using var file = TemporaryFiles.Open();
        var counts = export.Kind == SubjectKind.Tenant
            ? await tenants.WriteAsync(file, export, now, ct)
            : await WriteAsync(file, export, now, ct);
        file.Position = 0;
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
        var made = new ExportedFile(file.Length, sha256, counts);
        Check(await writes.PutAsync(pathname, ContentType, file, ct));
        return await store.ReadyAsync(run, made, ct);
    }

    /// <summary>True: its file is gone. False: its time is not over.</summary>
    /// <exception cref="TransientException">The store is away.</exception>
    public async Task<bool> ExpireAsync(ExportRef export, CancellationToken ct)
    {
        if (await store.FindOverAsync(export, ct) is not { } over)
        {
            return false;
        }

        await DeleteAsync(over, ct);
        return await store.ExpireAsync(over, ct);
    }

    /// <summary>An address that opens the file for 15 minutes, whoever has it.</summary>
    public async Task<VendorResult<(string Url, DateTimeOffset Until)>> AddressAsync(Export export, CancellationToken ct)
    {
        var until = clock.GetUtcNow() + AddressLifetime;
        if ((await reads.FindAsync(export.Pathname!, ct)).IsFailure(out var missing, out var file))
        {
            return missing;
        }

        return (await reads.UrlAsync(file.Url, export.Pathname!, until, ct)).IsFailure(out var failure, out var url)
            ? failure
            : (url, until);
    }

    private async Task<IReadOnlyDictionary<string, int>> WriteAsync(
        Stream file, Export export, DateTimeOffset now, CancellationToken ct)
    {
        var subject = await rows.SubjectAsync(export, hash, ct) ?? throw new PermanentException("there is no such person any more");
        using var archive = new ExportArchive(file, export, subject, now);
        foreach (var table in ExportedRowsQuery.All.Where(table => table.Of(export.Kind) is not null))
        {
            await archive.AddAsync(table, await rows.ReadAsync(table, export.Kind, subject, ct), ct);
        }

        await archive.CloseAsync(ct);
        return archive.Counts;
    }

    private async Task DeleteAsync(Export export, CancellationToken ct)
    {
        if (export.Pathname is { } pathname)
        {
            Check(await deletes.DeleteAsync(pathname, ct));
        }
    }

    /// <exception cref="TransientException">The vendor is away.</exception>
    /// <exception cref="PermanentException">The vendor refuses.</exception>
    internal static void Check(VendorFailure? failure)
    {
        if (failure is not null)
        {
            throw failure is VendorFailure.Refused
                ? new PermanentException(failure.Reason)
                : new TransientException(failure.Reason);
        }
    }
}
