using CsvHelper;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>
/// Which columns of a usage export say what. Mux documents that there are columns for input, storage and delivery, and not how they are
/// called: so they are found by the words of their names, whatever their letters and separators. A column counts when it names one of the
/// three and a unit (<c>storage_seconds</c>, <c>Delivered minutes 1080p</c>). Of a metric
/// <list type="bullet">
/// <item>columns by tier are taken, and what they leave of a column for all tiers is of no tier;</item>
/// <item>columns for a part of it (<c>cold_storage_seconds</c>) are added up where no column is for the whole;</item>
/// <item>two for the same thing, or none, and the file is not read: a guess would be money.</item>
/// </list>
/// </summary>
internal sealed class UsageExportColumns
{
    private static readonly Dictionary<string, string> Metrics = new(StringComparer.Ordinal)
    {
        ["input"] = UsageMetric.Encoded,
        ["encoded"] = UsageMetric.Encoded,
        ["encoding"] = UsageMetric.Encoded,
        ["ingest"] = UsageMetric.Encoded,
        ["ingested"] = UsageMetric.Encoded,
        ["storage"] = UsageMetric.Stored,
        ["stored"] = UsageMetric.Stored,
        ["delivery"] = UsageMetric.Delivered,
        ["delivered"] = UsageMetric.Delivered,
        ["streaming"] = UsageMetric.Delivered,
        ["streamed"] = UsageMetric.Delivered,
    };

    private static readonly Dictionary<string, int> Units = new(StringComparer.Ordinal)
    {
        ["s"] = 1,
        ["sec"] = 1,
        ["secs"] = 1,
        ["second"] = 1,
        ["seconds"] = 1,
        ["min"] = 60,
        ["mins"] = 60,
        ["minute"] = 60,
        ["minutes"] = 60,
    };

    /// <summary>Words that say nothing about what is counted.</summary>
    private static readonly HashSet<string> Fillers = ["usage", "total", "video", "asset", "tier", "resolution", "only", "by", "in", "of"];

    private readonly IReadOnlyList<(string Metric, IReadOnlyList<Column> Columns)> metrics;
    private readonly int tier;

    private UsageExportColumns(int assetId, int tier, IReadOnlyList<(string Metric, IReadOnlyList<Column> Columns)> metrics) =>
        (AssetId, this.tier, this.metrics) = (assetId, tier, metrics);

    public int AssetId { get; }

    /// <summary>Null: the file says too little, or the same thing twice, as <paramref name="missing"/> tells.</summary>
    public static UsageExportColumns? Of(IReadOnlyList<string> header, out string? missing)
    {
        var names = header.Select(Words).ToList();
        var ids = Places(names, "asset_id", "mux_asset_id");
        var found = names.Select(Column.Of).OfType<Column>().ToList();
        var taken = UsageMetric.All.Where(UsageMetric.HasTiers)
            .Select(metric => (Metric: metric, Columns: Choose([.. found.Where(column => column.Metric == metric)]))).ToList();
        missing = ids.Count != 1 ? "its header has not one column for the asset's id."
            : taken.Where(of => of.Columns is null).Select(of => of.Metric).ToList() is { Count: > 0 } without
                ? $"its header has no column, or more than one, for the seconds or minutes {string.Join(" and ", without)}."
                : null;
        return missing is null
            ? new(ids[0], Places(names, "resolution_tier", "asset_resolution_tier") is [var tier] ? tier : -1,
                [.. taken.Select(of => (of.Metric, of.Columns!))])
            : null;
    }

    /// <summary>What a row says, without its asset; null: one of its numbers is none.</summary>
    public IReadOnlyList<ExportedSeconds>? Read(IReaderRow row, Func<string?, decimal?> number)
    {
        var seconds = new List<ExportedSeconds>();
        var ofRow = tier < 0 ? null : ResolutionTier.Read(row[tier]);
        foreach (var (metric, columns) in metrics)
        {
            var (whole, parts) = (0m, 0m);
            foreach (var column in columns)
            {
                if (number(row[column.Place]) is not { } said)
                {
                    return null;
                }

                said *= column.Seconds;
                whole += column.Tier is null ? said : 0;
                parts += column.Tier is null ? 0 : said;
                if (column.Tier is not null && said > 0)
                {
                    seconds.Add(new("", metric, column.Tier, said));
                }
            }

            // Of what was delivered there is always one: that the file names the asset, and it was not played, is something said, too.
            var rest = Math.Max(0, whole - parts);
            if (rest > 0 || metric == UsageMetric.Delivered)
            {
                seconds.Add(new("", metric, metric == UsageMetric.Delivered ? null : ofRow, rest));
            }
        }

        return seconds;
    }

    /// <summary>Null: none, or two of the same.</summary>
    private static IReadOnlyList<Column>? Choose(IReadOnlyList<Column> of)
    {
        var whole = of.Where(column => !column.IsPart).ToList();
        var taken = whole.Count > 0 ? whole : of;
        return taken.Count == 0 || whole.GroupBy(column => column.Tier).Any(same => same.Count() > 1) ? null : taken;
    }

    private static List<int> Places(List<string[]> names, params string[] called) =>
        [.. Enumerable.Range(0, names.Count).Where(i => called.Contains(string.Join('_', names[i])))];

    private static string[] Words(string name) =>
        new string([.. name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private sealed record Column(int Place, string Metric, string? Tier, int Seconds, bool IsPart)
    {
        public static Column? Of(string[] words, int place)
        {
            var metrics = words.Where(Metrics.ContainsKey).Select(word => Metrics[word]).Distinct().ToList();
            var units = words.Where(Units.ContainsKey).ToList();
            if (metrics.Count != 1 || units.Count != 1)
            {
                return null;
            }

            var tier = words.Contains("audio")
                ? ResolutionTier.AudioOnly
                : words.Select(ResolutionTier.Read).FirstOrDefault(named => named is not null);
            var others = words.Where(word => !Metrics.ContainsKey(word) && !Units.ContainsKey(word) && !Fillers.Contains(word)
                && word != "audio" && ResolutionTier.Read(word) is null);
            return new(place, metrics[0], tier, Units[units[0]], others.Any());
        }
    }
}
