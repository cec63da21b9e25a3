using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Compliance;
using Portal.Compliance.Playback;

namespace Portal.Tests.Unit.Compliance;

/// <summary>The file of playback evidence, as whoever checks it takes it: nothing in it is believed before it is checked.</summary>
public sealed class EvidenceFileTests : IDisposable
{
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero).AddTicks(10);
    private static readonly Guid Tenant = Guid.Parse("11111111-1111-7111-8111-111111111111");
    private static readonly Dictionary<string, byte[]> Untrusting = [];
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly AuditKeys keys;

    public EvidenceFileTests() => keys = new(Options.Create(new AuditOptions
    {
        CurrentKey = "a1",
        Keys = { ["a1"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())) },
    }));

    public void Dispose() => key.Dispose();

    [Fact]
    public void What_was_written_is_read_again_and_passes_with_the_key_from_elsewhere()
    {
        var zip = EvidenceFile.Make(Evidence().ToBytes(), keys, At).ToZip();
        var verdict = Read(zip).Check(keys.Public);
        Assert.Null(verdict.Fault);
        Assert.Empty(verdict.Altered);
        Assert.Equal(Evidence().ToBytes(), verdict.Evidence!.ToBytes());
        using var archive = new ZipArchive(new MemoryStream(zip));
        Assert.Equal(["evidence.json", "signature.json", "README.txt"], archive.Entries.Select(e => e.FullName));
    }

    [Fact]
    public void Another_key_another_signature_or_none_at_all_does_not_pass()
    {
        var file = EvidenceFile.Make(Evidence().ToBytes(), keys, At);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var others = new Dictionary<string, byte[]> { ["a1"] = other.ExportSubjectPublicKeyInfo() };
        Assert.StartsWith("NOT AS SIGNED", file.Check(others).Fault, StringComparison.Ordinal);
        foreach (var signature in new[]
                 {
                     file.Signature with { Signature = "nonsense" }, file.Signature with { Signature = "AAAA" },
                     file.Signature with { Signature = "" },
                     file.Signature with { PublicKey = "AAAA" }, file.Signature with { PublicKey = "%" },
                     file.Signature with { PublicKey = Convert.ToBase64String(others["a1"]) },
                 })
        {
            Assert.StartsWith("NOT AS SIGNED", (file with { Signature = signature }).Check(Untrusting).Fault, StringComparison.Ordinal);
        }

        var unknown = new Dictionary<string, byte[]> { ["a2"] = keys.Public["a1"] };
        Assert.StartsWith("NOT CHECKED", file.Check(unknown).Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("null")]
    public void What_was_signed_and_is_no_evidence_does_not_pass(string document) => Assert.StartsWith(
        "NOT CHECKED", EvidenceFile.Make(Encoding.UTF8.GetBytes(document), keys, At).Check(Untrusting).Fault, StringComparison.Ordinal);

    [Fact]
    public void Evidence_of_another_type_or_format_is_not_read()
    {
        foreach (var other in new[] { Evidence() with { Format = 2 }, Evidence() with { Type = "certificate" } })
        {
            Assert.StartsWith(
                "NOT CHECKED", EvidenceFile.Make(other.ToBytes(), keys, At).Check(Untrusting).Fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_row_that_is_not_what_was_sealed_is_named_whatever_is_said_of_it()
    {
        var evidence = Evidence();
        var (good, bad) = (evidence.Tokens[0], evidence.Tokens[0] with { Id = Guid.NewGuid() });
        Assert.Equal([bad.Id], AlteredOf(good, bad));
        Assert.Equal([good.Id], AlteredOf(good with { State = TokenState.Altered }));
        Assert.Equal([good.Id], AlteredOf(good with { RequestId = null }));
        Assert.Equal([good.Id], AlteredOf(good with { Hash = null }));
        Assert.Empty(AlteredOf(good with { State = TokenState.NotYetSealed, Seal = null }));
        // Of what never had a hash there is nothing to compare.
        Assert.Empty(AlteredOf(good with { State = TokenState.NeverSealed, Hash = null }));

        IReadOnlyList<Guid> AlteredOf(params EvidenceToken[] tokens) =>
            EvidenceFile.Make((evidence with { Tokens = tokens }).ToBytes(), keys, At).Check(keys.Public).Altered;
    }

    [Fact]
    public void A_zip_with_an_entry_missing_twice_or_not_readable_is_refused()
    {
        var file = EvidenceFile.Make(Evidence().ToBytes(), keys, At);
        var signature = Entry(file.ToZip(), "signature.json");
        Assert.Null(Read(Zip(("evidence.json", file.Document), ("signature.json", signature))).Check(keys.Public).Fault);
        foreach (var zip in new[]
                 {
                     Zip(("evidence.json", file.Document)),
                     Zip(("signature.json", signature)),
                     Zip(("evidence.json", file.Document), ("evidence.json", file.Document), ("signature.json", signature)),
                     Zip(("evidence.json", file.Document), ("signature.json", "{}"u8.ToArray())),
                     Zip(("evidence.json", file.Document), ("signature.json", "nonsense"u8.ToArray())),
                     Zip(("evidence.json", new byte[(64 * 1024 * 1024) + 1]), ("signature.json", signature)),
                     "no zip"u8.ToArray(),
                 })
        {
            Assert.Throws<InvalidDataException>(() => Read(zip));
        }
    }

    private static EvidenceFile Read(byte[] zip) => EvidenceFile.Read(new MemoryStream(zip));

    private static byte[] Entry(byte[] zip, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var content = new MemoryStream();
        using var stream = archive.GetEntry(name)!.Open();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static PlaybackEvidence Evidence()
    {
        var (link, version, viewer) = (Guid.Parse("00000000-0000-7000-8000-000000000001"),
            Guid.Parse("00000000-0000-7000-8000-000000000002"), Guid.Parse("00000000-0000-7000-8000-000000000003"));
        var token = new EvidenceToken(
            Guid.Parse("00000000-0000-7000-8000-000000000004"), version, link, viewer, "00ff", "Chrome", "r", At, At.AddMinutes(15), null,
            7, TokenState.Sealed);
        return new(
            PlaybackEvidence.TypeName, PlaybackEvidence.CurrentFormat, Tenant, At, viewer, null, null,
            new(
                link, link, "\"é\" 日本", "active", At, viewer, "Ada", At.AddDays(7), null, false, false, false, null, 1,
                ["g@guest.example"]),
            new(version, "Cut <one>"), [new(version, 1, "cut.mp4", 1)],
            new(
                At, viewer, "Ada", At, RevokedAtMux.Effective, At.AddSeconds(1.5), 1.5,
                [new(version, At, At.AddSeconds(1.5), "done", 1.5)]),
            At.AddMinutes(15), 1, 0, [new(viewer, null, null, "Gwen", "Chrome", At, At, 1, 1)],
            [token with { Hash = PlaybackEvidence.HashOf(token, Tenant) }]);
    }
}
