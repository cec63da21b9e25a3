using System.Globalization;
using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations.Costs;

/// <summary>A month of the calendar: <c>2026-11</c>.</summary>
public sealed class MonthAttribute : RuleAttribute
{
    private const string Pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$";

    public override string Name => "month";

    public override string? Broken(object value) => First((string)value) is null ? "must be a month such as 2026-11." : null;

    public override void Describe(JsonObject schema)
    {
        schema["pattern"] = Pattern;
        schema["maxLength"] = 7;
    }

    /// <summary>Its first day; null: it is none.</summary>
    public static DateOnly? First(string text) =>
        text.StartsWith("20", StringComparison.Ordinal)
            && DateOnly.TryParseExact($"{text}-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
            ? first
            : null;
}
