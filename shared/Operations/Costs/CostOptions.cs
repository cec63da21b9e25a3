using System.Globalization;
using Portal.Vendors.Mux;

namespace Portal.Operations.Costs;

/// <summary>What things cost. The portal reads no invoice: these are the prices that somebody took from one.</summary>
public sealed class CostOptions
{
    public const string Section = "Costs";

    /// <summary>
    /// By <see cref="UsageMetric"/>, for one of its unit: <c>0.003</c>, or with the days (UTC) from which others hold
    /// <c>0.003, 0.0035 from 2027-01-01</c>. What Mux bills by resolution may have prices by <see cref="ResolutionTier"/>
    /// (<c>stored_2160p</c>); a tier that has none of its own has the metric's. These are examples, to be replaced by what the contracts
    /// say.
    /// </summary>
    public Dictionary<string, string> Prices { get; set; } = new(StringComparer.OrdinalIgnoreCase)
    {
        [UsageMetric.Encoded] = "0",
        [UsageMetric.Stored] = "0.003",
        [UsageMetric.Delivered] = "0.001",
        [UsageMetric.Originals] = "0.023",
        [UsageMetric.Mails] = "0.0004",
    };

    private static readonly HashSet<string> Names = new(
        UsageMetric.All.SelectMany(metric => UsageMetric.TiersOf(metric).Select(tier => Name(metric, tier))),
        StringComparer.OrdinalIgnoreCase);

    public bool NamesAreKnown() => Prices.Keys.All(Names.Contains);

    public bool PricesAreValid() => Prices.Values.All(text => Read(text) is not null);

    /// <summary>Of a metric and a tier, in the order of their days; the first holds from the beginning.</summary>
    public IReadOnlyList<DatedPrice> Of(string metric, string? tier = null) =>
        Read(Prices.GetValueOrDefault(Name(metric, tier)) ?? Prices[metric])!;

    private static string Name(string metric, string? tier) => tier is null ? metric : $"{metric}_{tier}";

    /// <summary>Null: it is no price, or their days are in no order.</summary>
    private static List<DatedPrice>? Read(string text)
    {
        var prices = new List<DatedPrice>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var from = DateOnly.MinValue;
            var dated = words is [_, "from", var day]
                && DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out from);
            if ((prices.Count == 0 ? words.Length != 1 : !dated || from <= prices[^1].From)
                || !decimal.TryParse(words[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
                || usd > MostUsd)
            {
                return null;
            }

            prices.Add(new(from, usd));
        }

        return prices;
    }

    /// <summary>More is a slip of the decimal point.</summary>
    private const decimal MostUsd = 1000m;
}

/// <summary>What prices and costs are in.</summary>
public static class CostCurrency
{
    public const string Usd = "USD";
}

/// <summary>The price of one unit from that day on.</summary>
public sealed record DatedPrice(DateOnly From, decimal Usd);
