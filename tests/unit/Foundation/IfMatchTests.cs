using Microsoft.AspNetCore.Http;
using Portal.Functions.Foundation.Http;

namespace Portal.Tests.Unit.Foundation;

/// <summary>Which version a change means: an overwrite that nobody sees is what it keeps from happening.</summary>
public sealed class IfMatchTests
{
    [Theory]
    [InlineData("*", 0)]
    [InlineData("1", 1)]
    [InlineData("\"3\"", 3)]
    [InlineData("W/\"3\"", 3)]
    [InlineData("\"3.a1b2\"", 3)]
    [InlineData("\"2147483647\"", int.MaxValue)]
    public void A_version_is_read_of_an_ETag_or_as_it_is(string sent, int version)
    {
        var (read, problem) = Read(sent);
        Assert.Equal((version, null), (read, problem?.Status));
    }

    [Theory]
    [InlineData("", 428)]
    [InlineData("0", 400)]
    [InlineData("\"0\"", 400)]
    [InlineData("-1", 400)]
    [InlineData("\"\"", 400)]
    [InlineData(".3", 400)]
    [InlineData("w/\"3\"", 400)]
    [InlineData("\"3\", \"4\"", 400)]
    [InlineData("\"2147483648\"", 400)]
    [InlineData("**", 400)]
    public void Anything_else_is_refused(string sent, int status)
    {
        var (version, problem) = Read(sent);
        Assert.Equal((0, status), (version, problem?.Status));
    }

    [Fact]
    public void A_refusal_says_what_to_send_and_a_stale_version_which_one_is_there()
    {
        Assert.Equal("Send the ETag that you read as If-Match, or *.", Said(Read("").Problem!, "detail"));
        Assert.Equal("Say which version you change", Said(Read("").Problem!, "title"));
        Assert.All(
            (string[])["must be an ETag of this resource", "\"If-Match\"", "\"etag\""],
            part => Assert.Contains(part, Read("x").Problem!.Document(null).ToJsonString(), StringComparison.Ordinal));
        var stale = IfMatch.Stale(7);
        Assert.Equal((412, 7), (stale.Status, stale.CurrentVersion));
        Assert.StartsWith("It is at version 7 now.", Said(stale, "detail"), StringComparison.Ordinal);
        Assert.Equal("Changed by somebody else", Said(stale, "title"));
        Assert.EndsWith("version-stale", Said(stale, "type"), StringComparison.Ordinal);
        Assert.EndsWith("version-required", Said(Read("").Problem!, "type"), StringComparison.Ordinal);
    }

    private static string Said(Problem problem, string field) => (string)problem.Document(null)[field]!;

    private static (int Version, Problem? Problem) Read(string sent)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.IfMatch = sent;
        return IfMatch.Read(http.Request);
    }
}
