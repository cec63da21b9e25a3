using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>What an asset used on a day, of a metric and a tier.</summary>
/// <param name="Metric">Encoded, stored or delivered: one of <see cref="UsageMetric"/>.</param>
/// <param name="Tier">One of <see cref="ResolutionTier"/>; null: the file says none.</param>
public sealed record ExportedSeconds(string AssetId, string Metric, string? Tier, decimal Seconds);

/// <summary>What a file says.</summary>
/// <param name="Fault">Why it cannot be read, in words of ours; then it says nothing.</param>
public sealed record UsageExportRows(int Assets, IReadOnlyList<ExportedSeconds> Rows, string? Fault)
{
    internal static UsageExportRows Unreadable(string fault) => new(0, [], fault);
}

/// <summary>
/// Reads a file of usage as it comes: CSV, one row an asset, columns in any order. A row's other columns are not looked at, and nothing of
/// the file gets into a message: whoever makes a video or an environment at Mux has a say in what is in it. It is taken as a whole or not
/// at all.
/// </summary>
public static class UsageExportFile
{
    /// <summary>A row has a few hundred bytes, and they are kept in memory until the file has ended.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    public const int MostRows = 250_000;
    public const int MostBytesInLine = 64 * 1024;

    internal const string TooLarge = "it is too large to be read.";

    /// <summary>In seconds: an organization that uses more in a day uses more than there is.</summary>
    private const decimal MostSeconds = 1e12m;

    private const int MostIdCharacters = 200;

    private static readonly CsvConfiguration Csv = new(CultureInfo.InvariantCulture)
    {
        DetectColumnCountChanges = true,
        ExceptionMessagesContainRawData = false,
        MaxFieldSize = MostBytesInLine,
    };

    public static async Task<UsageExportRows> ReadAsync(Stream file, CancellationToken ct)
    {
        await using var limited = new LineLimitedStream(file, MostBytes, MostBytesInLine);
        using var text = new StreamReader(limited, Encoding.UTF8);
        using var csv = new CsvReader(text, Csv);
        try
        {
            if (!await csv.ReadAsync() || !csv.ReadHeader())
            {
                return UsageExportRows.Unreadable("it is empty.");
            }

            var columns = UsageExportColumns.Of(csv.HeaderRecord!, out var missing);
            return columns is null ? UsageExportRows.Unreadable(missing!) : await RowsAsync(csv, columns, ct);
        }
        catch (CsvHelperException)
        {
            return UsageExportRows.Unreadable($"line {csv.Parser.RawRow} is no CSV, or has more or fewer columns than the first.");
        }
        catch (InvalidDataException)
        {
            return UsageExportRows.Unreadable(TooLarge);
        }
    }

    private static async Task<UsageExportRows> RowsAsync(CsvReader csv, UsageExportColumns columns, CancellationToken ct)
    {
        // By asset: one that is there twice counts once, as it was said last.
        var assets = new Dictionary<string, IReadOnlyList<ExportedSeconds>>(StringComparer.Ordinal);
        while (await csv.ReadAsync())
        {
            ct.ThrowIfCancellationRequested();
            if (columns.Read(csv, Number) is not { } row)
            {
                return UsageExportRows.Unreadable($"line {csv.Parser.RawRow} has seconds that are no number from 0 up.");
            }

            assets[Id(csv[columns.AssetId]!)] = row;
            if (assets.Count > MostRows)
            {
                return UsageExportRows.Unreadable(TooLarge);
            }
        }

        return new(
            assets.Count, [.. assets.SelectMany(asset => asset.Value.Select(row => row with { AssetId = asset.Key }))], null);
    }

    /// <summary>What is no id is of an asset that nobody knows.</summary>
    private static string Id(string text) =>
        text.Length is > 0 and <= MostIdCharacters && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? text
            : "";

    private static decimal? Number(string? text) => string.IsNullOrWhiteSpace(text) ? 0
        : decimal.TryParse(
            text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && number <= MostSeconds
            ? number
            : null;
}
