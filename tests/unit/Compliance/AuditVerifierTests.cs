using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Every way to tamper with an exported audit log, and what is said of it: the kind, the seal and the row.</summary>
/// <remarks>Lines of the sample: 0 the header, 1 to 3 seal 1 with rows 2 and 3, 4 to 6 seal 2 with rows 4 and 5, 7 "unsealed", 8 row
/// 1000, 9 the end.</remarks>
public sealed class AuditVerifierTests : IDisposable
{
    private readonly AuditExportSample export = new();

    public void Dispose() => export.Dispose();

    [Fact]
    public async Task An_export_as_it_was_written_holds_and_says_what_it_is_of()
    {
        var verdict = await export.CheckAsync();
        Assert.True(verdict.Holds);
        Assert.Equal((4, 0, 2, 1), (verdict.Rows, verdict.Playbacks, verdict.Seals, verdict.Unsealed));
        Assert.Equal((AuditExportSample.Tenant, 1), (verdict.TenantId, verdict.FirstSeal));
        Assert.Equal((Hex(AuditSeal.Beginning), (string?)export.Lines[4]["seal"]), (verdict.PreviousSeal, verdict.LastSeal));
        Assert.Equal(new(null, null, AuditExportSample.At, 1, 2), verdict.Range);
        Assert.True(verdict.Range!.IsWhole);
        Assert.True((await export.CheckAsync(new Dictionary<string, byte[]> { ["a1"] = export.PublicKey })).Holds);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2)]
    [InlineData(1, 0)]
    public async Task One_without_seals_or_without_rows_behind_them_holds_too(int seals, int unsealed)
    {
        using var other = new AuditExportSample(seals, unsealed);
        if (seals == 0)
        {
            (other.Lines[0]["firstSeal"], other.Lines[0]["lastSeal"]) = (null, null);
            other.SignEnd();
        }

        var verdict = await other.CheckAsync();
        Assert.Null(verdict.Fault);
        Assert.Equal((2L * seals, seals, unsealed), (verdict.Rows, verdict.Seals, verdict.Unsealed));
        Assert.Equal(seals > 0, verdict.LastSeal is not null);
    }

    [Fact]
    public async Task A_part_begins_with_the_seal_that_its_header_names()
    {
        using var part = new AuditExportSample(from: 5);
        Assert.Null((await part.CheckAsync()).Fault);
        Assert.False((await part.CheckAsync()).Range!.IsWhole);
        part.Lines[0]["firstSeal"] = 4L;
        await FaultAsync("seal_missing", 4, null, "Seal 4 and its rows are missing: seal 5 is the first.", part);
        part.Lines[0]["firstSeal"] = null;
        part.SignEnd();
        Assert.Null((await part.CheckAsync()).Fault);
    }

    [Theory]
    [InlineData(2, 2, "(row 1 of 2 of seal 1)")]
    [InlineData(3, 3, "(row 2 of 2 of seal 1)")]
    public async Task A_row_that_is_not_what_was_sealed_is_altered(int at, int row, string where)
    {
        export.Lines[at]["action"] = "y";
        await FaultAsync("altered", 1, row, "was altered: it is not what was sealed.", export);
        await FaultAsync("altered", 1, row, where, export);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    public async Task A_row_that_is_not_there_was_removed(int at, int row)
    {
        export.Lines.RemoveAt(at);
        await FaultAsync("removed", 1, row, $"Row {AuditExportSample.IdOf(row)} (row {at - 1} of 2 of seal 1) was removed.", export);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_row_that_no_seal_names_was_added(int at)
    {
        export.Lines.Insert(at, AuditExportSample.Row(77));
        await FaultAsync("added", 1, 77, $"(row {at - 1} of 2 of seal 1) was added: it is not among what was sealed.", export);
    }

    [Fact]
    public async Task Rows_in_another_order_were_reordered()
    {
        (export.Lines[2], export.Lines[3]) = (Copy(3), Copy(2));
        await FaultAsync(
            "reordered", 1, 3,
            $"Row {AuditExportSample.IdOf(3)} stands where row {AuditExportSample.IdOf(2)} belongs (row 1 of 2 of seal 1).", export);
    }

    [Theory]
    [InlineData(4, "unreadable")]
    [InlineData(5, "added")]
    public async Task More_than_twice_as_many_rows_as_were_sealed_are_not_kept(int rows, string kind)
    {
        export.Lines.InsertRange(4, Enumerable.Range(70, rows - 2).Select(AuditExportSample.Row));
        export.Lines.Insert(2 + rows, new JsonObject { ["type"] = "nonsense" });
        Assert.Equal(kind, (await export.CheckAsync()).Fault?.Kind);
    }

    [Fact]
    public async Task A_row_before_the_first_seal_was_added()
    {
        export.Lines.Insert(1, AuditExportSample.Row(77));
        await FaultAsync("added", null, 77, "(line 2) stands before the first seal.", export);
    }

    [Theory]
    [InlineData(1, 1, "Seal 1 and its rows are missing: seal 2 is the first.")]
    [InlineData(4, 2, "Seal 2 and its rows are missing: seal 3 follows seal 1.")]
    [InlineData(7, 3, "Seal 3 and its rows are missing at the end.")]
    public async Task A_seal_that_was_cut_out_with_its_rows_is_missed_though_the_end_was_mended(int at, int seal, string message)
    {
        using var three = new AuditExportSample(seals: 3);
        three.Lines.RemoveRange(at, 3);
        three.SignEnd();
        await FaultAsync("seal_missing", seal, null, message, three);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2L)]
    public async Task The_whole_log_begins_with_seal_1_whatever_its_header_says(long? said)
    {
        export.Lines.RemoveRange(1, 3);
        export.Lines[0]["firstSeal"] = said;
        export.SignEnd();
        await FaultAsync("seal_missing", 1, null, "Seal 1 and its rows are missing: seal 2 is the first.", export);
    }

    [Theory]
    [InlineData("previousSeal")]
    [InlineData("seal")]
    [InlineData("rowHashes")]
    [InlineData("rowIds")]
    public async Task A_seal_that_does_not_fit_its_hashes_or_the_one_before_is_named(string field)
    {
        var seal = export.Lines[4];
        seal[field] = field == "rowIds"
            ? new JsonArray((JsonNode)AuditExportSample.IdOf(4).ToString())
            : (JsonNode)Flipped((string)seal[field]!);
        await FaultAsync("seal", 2, null, "Seal 2 does not fit its rows' hashes and the seal before it.", export);
    }

    [Fact]
    public async Task A_seal_on_another_chain_does_not_fit_though_it_fits_itself()
    {
        using var part = new AuditExportSample(seals: 1, from: 2);
        export.Lines.RemoveRange(4, 3);
        export.Lines.InsertRange(4, part.Lines.Skip(1).Take(3));
        await FaultAsync("seal", 2, null, "the seal before it", export);

        using var first = new AuditExportSample(seals: 1, from: 2);
        first.Lines[1]["number"] = 1L;
        (first.Lines[0]["from"], first.Lines[0]["firstSeal"]) = (null, 1L);
        await FaultAsync("seal", 1, null, "the seal before it", first);
    }

    [Fact]
    public async Task A_signature_by_another_key_or_over_something_else_is_not_good()
    {
        export.Lines[4]["sealedAt"] = AuditSeal.Time(AuditExportSample.At.AddSeconds(1));
        await FaultAsync("signature", 2, null, "The signature of seal 2 is not good: it was not made with key a1 over this.", export);

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var whole = new AuditExportSample();
        await FaultAsync("signature", 1, null, "seal 1", whole, new() { ["a1"] = other.ExportSubjectPublicKeyInfo() });
        await FaultAsync(
            "unknown_key", 1, null, "The signature of seal 1 is of key a1, whose public half is not known.", whole,
            new() { ["a2"] = whole.PublicKey });
        whole.Lines[^1]["signature"] = (string)export.Lines[1]["signature"]!;
        await FaultAsync("signature", null, null, "The signature of the export is not good", whole);
        whole.Lines[^1]["keyId"] = "a2";
        await FaultAsync("unknown_key", null, null, "The signature of the export is of key a2", whole);
    }

    [Fact]
    public async Task A_row_that_is_not_sealed_yet_is_held_to_its_own_hash_and_to_the_last_line()
    {
        export.Lines[8]["action"] = "y";
        await FaultAsync("altered", null, 1000, "(line 9, not sealed yet) was altered: its values do not give its hash.", export);

        export.Lines[8] = AuditExportSample.Row(1001);
        await FaultAsync("signature", null, null, "the export", export);
    }

    [Fact]
    public async Task A_seal_behind_the_rows_that_are_not_sealed_is_out_of_place()
    {
        using var none = new AuditExportSample(seals: 0, unsealed: 0);
        (none.Lines[0]["firstSeal"], none.Lines[0]["lastSeal"]) = (null, null);
        none.Lines.Insert(2, Copy(1));
        await FaultAsync("unreadable", 1, null, "Seal 1 stands behind the rows that are not sealed.", none);

        // Behind another seal its rows are missed.
        export.Lines.Insert(8, Copy(4));
        await FaultAsync("removed", 2, 4, "was removed", export);
    }

    [Theory]
    [InlineData("rows")]
    [InlineData("seals")]
    [InlineData("unsealed")]
    public async Task The_last_line_names_as_many_as_there_are(string count)
    {
        export.Lines[^1][count] = (long)export.Lines[^1][count]! + 1;
        await FaultAsync("cut_off", null, null, "names other numbers of rows and seals than there are", export);
    }

    [Fact]
    public async Task An_export_without_its_last_line_or_without_its_end_of_seals_was_cut_off()
    {
        export.Lines.RemoveAt(9);
        await FaultAsync("cut_off", 2, null, "The export ends after line 9 without its last line", export);

        using var other = new AuditExportSample();
        other.Lines.RemoveRange(7, 2);
        await FaultAsync("cut_off", null, null, "The last line names other numbers", other);
    }

    [Fact]
    public async Task Nothing_stands_before_the_header_or_behind_the_end_and_no_header_comes_twice()
    {
        export.Lines.Add(AuditExportSample.Row(77));
        await FaultAsync("unreadable", null, null, "Line 11 is not where it belongs", export);
        export.Lines[^1] = Copy(0);
        await FaultAsync("unreadable", null, null, "Line 11 is not where it belongs", export);
        export.Lines.Insert(1, Copy(0));
        await FaultAsync("unreadable", null, null, "Line 2 is not where it belongs", export);
        export.Lines.RemoveRange(0, 2);
        await FaultAsync("unreadable", null, null, "Line 1 is not where it belongs", export);
    }

    [Fact]
    public async Task What_is_no_line_of_an_export_is_named_by_its_number()
    {
        export.Lines[5] = new JsonObject { ["type"] = "nonsense" };
        await FaultAsync("unreadable", null, null, "Line 6 is of a type that is not known.", export);
        foreach (var (field, value) in new[] { ("id", (JsonNode?)"no id"), ("id", 7), ("id", null) })
        {
            export.Lines[5] = AuditExportSample.Row(4);
            export.Lines[5][field] = value?.DeepClone();
            await FaultAsync("unreadable", 2, null, "Line 6 is not a line of an audit export.", export);
        }

        export.Lines[5] = AuditExportSample.Row(4);
        export.Lines[4]["signature"] = "AAAA";
        export.Lines[0]["publicKeys"]!["a1"] = "AAAA";
        await FaultAsync("unreadable", null, null, "Line 2 is not a line of an audit export.", export);

        var none = await new AuditVerifier(null).RunAsync(
            AuditVerifier.LinesAsync(new StringReader("no json\nat all"), CancellationToken.None));
        Assert.Equal("Line 1 is not a line of an audit export.", none.Fault?.Message);
        var empty = await new AuditVerifier(null).RunAsync(AuditVerifier.LinesAsync(new StringReader(""), CancellationToken.None));
        Assert.Equal(("cut_off", null), (empty.Fault?.Kind, empty.TenantId));
    }

    private static async Task FaultAsync(
        string kind, int? seal, int? row, string says, AuditExportSample of, Dictionary<string, byte[]>? trusted = null)
    {
        var fault = (await of.CheckAsync(trusted)).Fault;
        Guid? id = row is { } number ? AuditExportSample.IdOf(number) : null;
        Assert.Equal((kind, seal, id), (fault?.Kind, fault?.Seal, fault?.RowId));
        Assert.Contains(says, fault!.Message, StringComparison.Ordinal);
    }

    private JsonObject Copy(int line) => (JsonObject)export.Lines[line].DeepClone();

    private static string Flipped(string hex) => (hex[0] == '0' ? '1' : '0') + hex[1..];

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
