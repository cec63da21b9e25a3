using System.Globalization;
using Portal.Foundation.Faults;
using Portal.Foundation.Timers;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>
/// Reads the files that Mux makes of each day's usage, where the account has them and a token is set. What a file says of a video is what
/// the invoice says, and takes the place of what was counted here. A file is read again for three days after its day, and later when its
/// size has changed. One that cannot be read leaves everything as it was, hinders no other, and fails the run, each day until it is gone.
/// </summary>
public sealed class ReadUsageExports(UsageStore store, MuxUsageExports exports, TimeProvider clock)
{
    private const int PageSize = 25;
    private const int MostPages = 20;

    /// <summary>In the text of a failure.</summary>
    private const int MostTold = 5;

    /// <exception cref="PermanentException">The account has no such files, or the token may not read them.</exception>
    /// <exception cref="TransientException">Mux did not list them, or some could not be read; the others were.</exception>
    public async Task RunAsync(RunCounts counts, CancellationToken ct)
    {
        if (!exports.AreRead)
        {
            return;
        }

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var (from, to) = (today.AddDays(-MeasureUsage.MostDaysBack), today.AddDays(-1));
        var askedAt = clock.GetUtcNow();
        var known = (await store.ExportedAsync(from, to, ct)).ToDictionary(day => day.Day, day => day.Bytes);
        var faults = new List<string>();
        foreach (var file in (await ListAsync(from, to, ct)).OrderBy(file => file.Day))
        {
            var unsettled = file.Day.AddDays(MeasureUsage.SettledAfter.Days) >= today;
            if (known.TryGetValue(file.Day, out var bytes) && (unsettled || bytes != file.Bytes)
                && await ReadAsync(file, askedAt, counts, ct) is { } fault)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file.Day:yyyy-MM-dd}: {fault}"));
            }
        }

        if (faults.Count > 0)
        {
            throw new TransientException(
                $"{faults.Count} of Mux's usage exports could not be read. {string.Join(" ", faults.Take(MostTold))}");
        }
    }

    private async Task<List<MuxUsageExport>> ListAsync(DateOnly from, DateOnly to, CancellationToken ct)
    {
        // By day: one that slips to the next page while they are listed is read once.
        var files = new Dictionary<DateOnly, MuxUsageExport>();
        for (var page = 1; page <= MostPages; page++)
        {
            var answer = await exports.ListAsync(from, to, page, PageSize, ct);
            if (answer.IsFailure(out var failure, out var list))
            {
                throw failure is VendorFailure.Refused
                    ? new PermanentException(
                        $"Mux lists no usage exports: {failure.Reason} Either they are not switched on for its account (a paid plan has "
                            + "them), or Mux:SystemTokenId is no token of the account's system. Without them, leave that setting empty.")
                    : new TransientException($"Mux did not list its usage exports: {failure.Reason}");
            }

            foreach (var file in list.Files)
            {
                files.TryAdd(file.Day, file);
            }

            if (page >= list.Pages)
            {
                break;
            }
        }

        return [.. files.Values];
    }

    /// <summary>Null: it was read.</summary>
    private async Task<string?> ReadAsync(MuxUsageExport file, DateTimeOffset askedAt, RunCounts counts, CancellationToken ct)
    {
        if (file.Bytes > UsageExportFile.MostBytes)
        {
            return UsageExportFile.TooLarge;
        }

        var answer = await exports.ReadAsync(file, UsageExportFile.ReadAsync, ct);
        if (answer.Failure is VendorFailure.Refused)
        {
            // The link has ended while others were read: a new list has new ones.
            if ((await ListAsync(file.Day, file.Day, ct)).Find(again => again.Day == file.Day) is not { } fresh)
            {
                return "it is listed no more.";
            }

            (file, answer) = (fresh, await exports.ReadAsync(fresh, UsageExportFile.ReadAsync, ct));
        }

        if (answer.IsFailure(out var failure, out var read))
        {
            return failure.Reason;
        }

        if (read.Fault is { } fault)
        {
            return fault;
        }

        var unknown = await store.ReplaceExportedAsync(file.Day, read.Rows, file.Bytes, askedAt, ct);
        counts.Add("exportedDays", 1).Add("exportedAssets", read.Assets).Add("exportedAssetsOfNobody", unknown);
        return null;
    }
}
