using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Compliance.Exports;

namespace Portal.Tests.Unit.Compliance;

/// <summary>What an export holds, and what it says of itself.</summary>
public sealed class ExportPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    /// <summary>A table that names people is in a file, or is left out with a reason that the README gives.</summary>
    [Fact]
    public void Every_table_that_says_something_about_somebody_is_in_a_file_or_named_with_the_reason()
    {
        foreach (var kind in new[] { SubjectKind.Person, SubjectKind.Guest })
        {
            var held = ExportedRowsQuery.All.Where(t => t.Of(kind) is not null).SelectMany(t => t.Tables).ToHashSet();
            var planned = TablePlans.All.Where(p => p.Of(kind) is not null).Select(p => p.Table);
            Assert.Empty(planned.Except(held).Except(ExportedRowsQuery.LeftOut.Keys));
        }

        var all = ExportedRowsQuery.All.SelectMany(t => t.Tables).ToHashSet();
        Assert.Empty(all.Except(TablePlans.All.Select(p => p.Table)));
        Assert.Empty(ExportedRowsQuery.LeftOut.Keys.Except(TablePlans.All.Select(p => p.Table)));
    }

    [Theory]
    [InlineData(ExportedRowsQuery.MostRecords, ExportedRowsQuery.MostRecords, "")]
    [InlineData(ExportedRowsQuery.MostRecords + 1, ExportedRowsQuery.MostRecords, "comments")]
    public async Task What_is_too_much_is_cut_and_the_export_says_so(int records, int kept, string cut)
    {
        var table = ExportedRowsQuery.All.Single(t => t.Name == "comments");
        using var file = new MemoryStream();
        using (var archive = Archive(file))
        {
            await archive.AddAsync(table, [.. Enumerable.Range(0, records).Select(i => $"{{\"n\":{i}}}")], default);
            await archive.CloseAsync(default);
        }

        var about = JsonSerializer.Deserialize<JsonObject>(await TextAsync(file, "export.json"))!;
        Assert.Equal(kept, (int)about["records"]!["comments"]!);
        Assert.Equal(cut, string.Join(' ', about["cut"]!.AsArray().Select(name => name!.ToString())));
        Assert.Equal(kept, JsonSerializer.Deserialize<JsonArray>(await TextAsync(file, "comments.json"))!.Count);
        Assert.Equal(
            cut.Length > 0, (await TextAsync(file, "README.txt")).Contains("the newest 50000 records only", StringComparison.Ordinal));
    }

    private static async Task<string> TextAsync(Stream file, string name)
    {
        await using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        using var reader = new StreamReader(await zip.GetEntry(name)!.OpenAsync());
        return await reader.ReadToEndAsync();
    }

    private static ExportArchive Archive(Stream to) => new(
        to,
        new(
            Guid.Empty, new(Guid.Empty), SubjectKind.Guest, null, "kim@client.example", null, [], ExportStatus.Running, 1, null,
            Guid.Empty, Now, null, null, null, "{}", null, null, 1, null, null),
        new(new(Guid.Empty), "Harbour", null, "kim@client.example", null, []), Now);
}
