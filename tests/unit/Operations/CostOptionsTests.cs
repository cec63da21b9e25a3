using Microsoft.Extensions.Configuration;
using Portal.Functions.Foundation.Http;
using Portal.Operations.Costs;

namespace Portal.Tests.Unit.Operations;

/// <summary>Prices as settings say them, and lines of a CSV file.</summary>
public sealed class CostOptionsTests
{
    [Fact]
    public void Without_settings_every_metric_has_a_price()
    {
        var options = new CostOptions();

        Assert.True(options.NamesAreKnown() && options.PricesAreValid());
        Assert.All(UsageMetric.All, metric => Assert.Equal(DateOnly.MinValue, Assert.Single(options.Of(metric)).From));
    }

    [Fact]
    public void Prices_follow_each_other_by_their_days()
    {
        var options = new CostOptions { Prices = { ["Stored"] = "0.003, 0.0035 from 2027-01-01,0.004  from 2027-02-01" } };

        Assert.True(options.NamesAreKnown() && options.PricesAreValid());
        Assert.Equal(
            [
                new(DateOnly.MinValue, 0.003m), new(new(2027, 1, 1), 0.0035m), new DatedPrice(new(2027, 2, 1), 0.004m),
            ],
            options.Of(UsageMetric.Stored));
    }

    [Fact]
    public void A_tier_without_a_price_of_its_own_has_the_metrics()
    {
        var options = new CostOptions { Prices = { ["stored"] = "0.003", ["Stored_2160P"] = "0.0096, 0.01 from 2027-01-01" } };

        Assert.True(options.NamesAreKnown() && options.PricesAreValid());
        foreach (var tier in new[] { null, "audio_only", "720p", "1080p", "1440p" })
        {
            Assert.Equal([new DatedPrice(DateOnly.MinValue, 0.003m)], options.Of(UsageMetric.Stored, tier));
        }

        Assert.Equal(
            [new(DateOnly.MinValue, 0.0096m), new DatedPrice(new(2027, 1, 1), 0.01m)], options.Of(UsageMetric.Stored, "2160p"));
    }

    [Theory]
    [InlineData("encoded_720p", true)]
    [InlineData("delivered_audio_only", true)]
    [InlineData("stored_4320p", false)]
    [InlineData("stored_", false)]
    [InlineData("mails_720p", false)]
    [InlineData("originals_1080p", false)]
    public void Only_what_Mux_bills_by_resolution_has_prices_by_tier(string name, bool known) =>
        Assert.Equal(known, new CostOptions { Prices = { [name] = "1" } }.NamesAreKnown());

    [Fact]
    public void A_setting_replaces_the_example_whatever_its_letters()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Costs:Prices:STORED"] = "0.5" }).Build();

        var options = settings.GetSection(CostOptions.Section).Get<CostOptions>()!;

        Assert.True(options.NamesAreKnown() && options.PricesAreValid());
        Assert.Equal(0.5m, Assert.Single(options.Of(UsageMetric.Stored)).Usd);
        Assert.Equal(0.001m, Assert.Single(options.Of(UsageMetric.Delivered)).Usd);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1000", true)]
    [InlineData("1000.01", false)]
    [InlineData("-0.1", false)]
    [InlineData("0,003", false)]
    [InlineData("", false)]
    [InlineData("free", false)]
    [InlineData("1e3", false)]
    [InlineData("0.1 from 2027-01-01", false)]
    [InlineData("0.1, 0.2", false)]
    [InlineData("0.1, 0.2 since 2027-01-01", false)]
    [InlineData("0.1, 0.2 from 2027-02-29", false)]
    [InlineData("0.1, 0.2 from 2027-01-01, 0.3 from 2027-01-01", false)]
    [InlineData("0.1, 0.2 from 2027-01-02, 0.3 from 2027-01-01", false)]
    [InlineData("0.1, 0.2 from 2027-01-01, 0.3 from 2027-01-02", true)]
    public void A_price_that_is_none_stops_the_app(string text, bool valid) =>
        Assert.Equal(valid, new CostOptions { Prices = { ["mails"] = text } }.PricesAreValid());

    [Fact]
    public void A_price_of_what_is_not_counted_stops_the_app() =>
        Assert.False(new CostOptions { Prices = { ["gold"] = "1" } }.NamesAreKnown());

    [Fact]
    public void A_month_of_thirty_days_and_one_of_thirty_one_hold_one_month_each()
    {
        Assert.Equal(60m * 30, UsageMetric.RowsInUnit(UsageMetric.Stored, 30));
        Assert.Equal(31_000_000_000m, UsageMetric.RowsInUnit(UsageMetric.Originals, 31));
        Assert.Equal((60m, 60m, 1m), (
            UsageMetric.RowsInUnit(UsageMetric.Encoded, 31), UsageMetric.RowsInUnit(UsageMetric.Delivered, 31),
            UsageMetric.RowsInUnit(UsageMetric.Mails, 31)));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+61", "'+61")]
    [InlineData("-1", "'-1")]
    [InlineData("@cmd", "'@cmd")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"")]
    [InlineData("1=1", "1=1")]
    public void A_field_is_quoted_where_it_must_be_and_never_a_formula(string field, string written) =>
        Assert.Equal($"id,{written}\r\n", CsvFile.Line(["id", field]));
}
