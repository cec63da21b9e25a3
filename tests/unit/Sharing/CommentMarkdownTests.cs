using System.Diagnostics;
using Portal.Sharing;

namespace Portal.Tests.Unit.Sharing;

/// <summary>What people write is shown as they meant it, and can do nothing.</summary>
public sealed class CommentMarkdownTests
{
    [Theory]
    [InlineData("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>")]
    [InlineData("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>")]
    [InlineData("<b>hi</b>", "<p>&lt;b&gt;hi&lt;/b&gt;</p>")]
    [InlineData(
        "[site](https://example.com/?a=1&b=2)", "<p><a href=\"https://example.com/?a=1&amp;b=2\" rel=\"nofollow noopener\">site</a></p>")]
    [InlineData("[mail](mailto:a@example.com)", "<p><a href=\"mailto:a@example.com\" rel=\"nofollow noopener\">mail</a></p>")]
    [InlineData("https://example.com/x", "<p><a href=\"https://example.com/x\" rel=\"nofollow noopener\">https://example.com/x</a></p>")]
    [InlineData("<https://example.com/x>", "<p><a href=\"https://example.com/x\" rel=\"nofollow noopener\">https://example.com/x</a></p>")]
    [InlineData("![cat](https://example.com/cat.png)", "<p><a href=\"https://example.com/cat.png\" rel=\"nofollow noopener\">cat</a></p>")]
    [InlineData("[x](/relative)", "<p>x</p>")]
    [InlineData("", "")]
    public void Markdown_becomes_safe_HTML(string markdown, string html) => Assert.Equal(html, CommentMarkdown.ToHtml(markdown));

    [Theory]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](java&#115;cript:alert(1))")]
    [InlineData("[x]( javascript:alert(1))")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD4=)")]
    [InlineData("[x](vbscript:msgbox(1))")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("![x](javascript:alert(1))")]
    [InlineData("[x]: javascript:alert(1)\n\n[x]")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<svg/onload=alert(1)>")]
    [InlineData("[x](https://a.example/\"onmouseover=\"alert(1))")]
    [InlineData("<script>alert(1)</script>\n\n<iframe src=\"https://a.example\"></iframe>")]
    [InlineData("`<script>`\n\n```\n<script>alert(1)</script>\n```")]
    public void Nothing_in_it_runs(string markdown)
    {
        var html = CommentMarkdown.ToHtml(markdown);
        foreach (var tag in html.Split('<').Skip(1).Select(t => t.Split('>')[0]))
        {
            Assert.Matches("^(/?(p|code|pre|em|strong|a)|a href=\"(https?://|mailto:)[^\"<>]*\" rel=\"nofollow noopener\")$", tag);
        }
    }

    [Fact]
    public void What_is_nested_too_deep_or_repeats_itself_is_shown_at_once_all_the_same()
    {
        foreach (var part in new[] { ">", "[", "*a ", "- ", "![", "<", "`", "_a_*", "[a](", "&lt;" })
        {
            var watch = Stopwatch.StartNew();
            Assert.NotEmpty(CommentMarkdown.ToHtml(string.Concat(Enumerable.Repeat(part, 4000))[..4000]));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{part} took {watch.Elapsed}");
        }
    }

    [Theory]
    [InlineData(23.976, 24000, 1001)]
    [InlineData(29.97, 30000, 1001)]
    [InlineData(59.94, 60000, 1001)]
    [InlineData(24.0, 24, 1)]
    [InlineData(25.0, 25, 1)]
    [InlineData(12.5, 12500, 1000)]
    public void A_measured_rate_is_the_fraction_it_was_rounded_from(double measured, int numerator, int denominator) =>
        Assert.Equal(new FrameRate(numerator, denominator), FrameRate.From(measured));

    [Fact]
    public void A_rate_that_is_not_known_is_none() =>
        Assert.All(new double?[] { null, 0, -1, double.NaN }, rate => Assert.Null(FrameRate.From(rate)));
}
