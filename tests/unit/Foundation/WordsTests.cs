using Portal.Foundation;
using Portal.People;

namespace Portal.Tests.Unit.Foundation;

public sealed class WordsTests
{
    [Theory]
    [InlineData("00:00:00", "less than a minute")]
    [InlineData("00:00:59", "less than a minute")]
    [InlineData("00:01:00", "1 minute")]
    [InlineData("01:59:59", "119 minutes")]
    [InlineData("02:00:00", "2 hours")]
    [InlineData("1.23:59:59", "47 hours")]
    [InlineData("2.00:00:00", "2 days")]
    [InlineData("6.23:59:59", "6 days")]
    public void A_span_is_told_in_the_largest_unit_of_which_there_are_two(string span, string words) =>
        Assert.Equal(words, Words.Span(TimeSpan.Parse(span, null)));

    [Theory]
    [InlineData(-1, "0:00")]
    [InlineData(0.999, "0:00")]
    [InlineData(59.96, "0:59")]
    [InlineData(60, "1:00")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(43_507, "12:05:07")]
    public void A_place_in_a_video_is_the_second_it_lies_in(double seconds, string words) => Assert.Equal(words, Words.Clock(seconds));

    [Theory]
    [InlineData("#000000", "#ffffff")]
    [InlineData("#ffffff", "#000000")]
    [InlineData("#b4531a", "#ffffff")]
    [InlineData("#ffd400", "#000000")]
    public void Text_on_a_tenants_colour_is_what_reads_better(string colour, string text) =>
        Assert.Equal(text, AccentColour.TextOn(colour));
}
