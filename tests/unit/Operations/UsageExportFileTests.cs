using System.Globalization;
using System.Text;
using Portal.Operations.Costs;

namespace Portal.Tests.Unit.Operations;

/// <summary>Files of usage: which columns are found by their names, and what is refused as a whole.</summary>
public sealed class UsageExportFileTests
{
    private const string Header = "asset_id,environment_id,creator_id,resolution_tier,input_seconds,storage_seconds,delivery_seconds";

    [Theory]
    [InlineData("asset_id,input_seconds,storage_seconds,delivery_seconds", "a,6,12,18")]
    [InlineData("\uFEFFAsset ID,Input Seconds,Storage Seconds,Delivery Seconds", "a,6,12,18")]
    [InlineData("delivered-seconds,STORED_SECONDS,encoded_secs,asset_id,title", "18,12,6,a,\"=1+1\"")]
    [InlineData("asset_id,total_video_input_minutes,storage_usage_minutes,streamed_min", "a,0.1,0.2,0.3")]
    [InlineData("asset_id,input_type,storage_tier,input_seconds,storage_seconds,delivery_seconds", "a,mp4,cold,6,12,18")]
    [InlineData("asset_id,input_seconds,storage_seconds,cold_storage_seconds,delivery_seconds", "a,6,12,5,18")]
    [InlineData("asset_id,input_seconds,hot_storage_seconds,cold_storage_seconds,delivery_seconds", "a,6,7,5,18")]
    [InlineData("asset_id,ingest_seconds,storage_seconds,delivery_seconds", "\"a\",\"6\", 12 ,1.8e1")]
    public async Task Columns_are_found_by_the_words_of_their_names(string header, string line)
    {
        var read = await ReadAsync($"{header}\r\n{line}\r\n");

        Assert.Null(read.Fault);
        Assert.Equal(["delivered  18", "encoded  6", "stored  12"], Rows(read, "a"));
    }

    [Fact]
    public async Task Tiers_are_of_columns_or_else_of_the_row_and_what_they_leave_is_of_none()
    {
        var read = await ReadAsync("""
            asset_id,resolution_tier,input_seconds,storage_seconds,delivery_seconds,delivery_seconds_720p,delivery_audio_only_seconds
            a,1080p,6,12,20,15,4
            b,audio-only,6,12,0,15,4
            c,4320p,6,0,20,,0
            """);

        Assert.Equal(
            ["delivered  1", "delivered 720p 15", "delivered audio_only 4", "encoded 1080p 6", "stored 1080p 12"], Rows(read, "a"));
        Assert.Equal(
            ["delivered  0", "delivered 720p 15", "delivered audio_only 4", "encoded audio_only 6", "stored audio_only 12"],
            Rows(read, "b"));
        Assert.Equal(["delivered  20", "encoded  6"], Rows(read, "c"));
    }

    [Fact]
    public async Task An_asset_that_is_there_twice_counts_once_as_it_was_said_last()
    {
        var read = await ReadAsync($"{Header}\na,e,t,720p,1,2,3\nb,e,t,720p,7,8,9\na,e,t,720p,0,5,6\n");

        Assert.Equal(2, read.Assets);
        Assert.Equal(["delivered  6", "stored 720p 5"], Rows(read, "a"));
    }

    [Theory]
    [InlineData("", "it is empty.")]
    [InlineData("environment_id,input_seconds,storage_seconds,delivery_seconds\n", "asset's id")]
    [InlineData("asset_id,Asset-Id,input_seconds,storage_seconds,delivery_seconds\n", "asset's id")]
    [InlineData("asset_id,storage_seconds,delivery_seconds\na,1,2\n", "minutes encoded.")]
    [InlineData("asset_id,input_seconds,storage_bytes,delivery\na,1,2,3\n", "minutes stored and delivered.")]
    [InlineData("asset_id,input_seconds,storage_seconds,stored_minutes,delivery_seconds\n", "minutes stored.")]
    [InlineData("asset_id,input_seconds,storage_seconds,delivery_720p_seconds,720p_delivery_seconds\n", "minutes delivered.")]
    [InlineData("asset_id;input_seconds;storage_seconds;delivery_seconds\na;1;2;3\n", "asset's id")]
    public async Task A_file_whose_columns_are_missing_or_twice_is_refused(string text, string why)
    {
        var read = await ReadAsync(text);

        Assert.Empty(read.Rows);
        Assert.Contains(why, read.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,e,t,720p,=1+1,2,3", "line 3 has seconds")]
    [InlineData("a,e,t,720p,-1,2,3", "line 3 has seconds")]
    [InlineData("a,e,t,720p,\"1,000\",2,3", "line 3 has seconds")]
    [InlineData("a,e,t,720p,NaN,2,3", "line 3 has seconds")]
    [InlineData("a,e,t,720p,1e13,2,3", "line 3 has seconds")]
    [InlineData("a,e,t,720p,1,2", "line 3 is no CSV")]
    [InlineData("a,e,t,720p,1,2,3,4", "line 3 is no CSV")]
    [InlineData("a,e,t,720p,1,2,3\"", "line 3 is no CSV")]
    [InlineData("a,e,\"t,720p,1,2,3", "is no CSV")]
    public async Task A_row_that_cannot_be_read_refuses_the_file_and_nothing_of_it_is_told(string line, string why)
    {
        var read = await ReadAsync($"{Header}\nfirst,e,t,720p,1,2,3\n{line}\n");

        Assert.Empty(read.Rows);
        Assert.Contains(why, read.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain("720p", read.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0")]
    [InlineData("a\u0000b")]
    [InlineData("ä")]
    [InlineData("\"a,\"\"b\"\"\"")]
    [InlineData("")]
    public async Task What_is_no_id_is_of_nobody(string id)
    {
        var read = await ReadAsync($"{Header}\n{id},e,\"=HYPERLINK(\"\"http://x\"\")\",720p,1,2,3\n");

        Assert.Null(read.Fault);
        Assert.All(read.Rows, row => Assert.Equal("", row.AssetId));
    }

    [Theory]
    [InlineData(200, "a")]
    [InlineData(201, "")]
    public async Task An_id_has_two_hundred_characters_at_the_most(int length, string starts)
    {
        var read = await ReadAsync($"{Header}\n{new string('a', length)},e,t,720p,1,2,3\n");

        Assert.All(read.Rows, row => Assert.Equal(starts.Length == 0 ? 0 : length, row.AssetId.Length));
    }

    [Theory]
    [InlineData(UsageExportFile.MostBytesInLine, null)]
    [InlineData(UsageExportFile.MostBytesInLine + 1, "it is too large to be read.")]
    public async Task A_line_has_its_most_bytes_and_no_more(int bytes, string? fault)
    {
        const string Start = "a,e,";
        const string End = ",720p,1,2,3";

        var read = await ReadAsync($"{Header}\n{Start}{new string('x', bytes - Start.Length - End.Length)}{End}\n");

        Assert.Equal(fault, read.Fault);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "it is too large to be read.")]
    public async Task A_file_has_its_most_bytes_and_no_more(int more, string? fault)
    {
        var text = new StringBuilder(Header).Append('\n');
        for (var left = UsageExportFile.MostBytes + more - text.Length; left > 0; left = UsageExportFile.MostBytes + more - text.Length)
        {
            var filler = new string('x', (left > 100_000 ? 50_000 : Math.Min(left, 50_000)) - "a,,,720p,1,2,3\n".Length);
            text.Append(CultureInfo.InvariantCulture, $"a,{filler},,720p,1,2,3\n");
        }

        Assert.Equal(UsageExportFile.MostBytes + more, text.Length);

        var read = await ReadAsync(text.ToString());

        Assert.Equal(fault, read.Fault);
    }

    private static Task<UsageExportRows> ReadAsync(string text) =>
        UsageExportFile.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private static IEnumerable<string> Rows(UsageExportRows read, string asset) => read.Rows.Where(row => row.AssetId == asset)
        .Select(row => FormattableString.Invariant($"{row.Metric} {row.Tier} {row.Seconds:0.###}")).Order(StringComparer.Ordinal);
}
