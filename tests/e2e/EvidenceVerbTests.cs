using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Compliance;
using Portal.Compliance.Playback;

namespace Portal.Tests.EndToEnd;

/// <summary><c>evidence verify</c>: whoever was handed evidence, with a public key and no portal.</summary>
public sealed class EvidenceVerbTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Guid Link = Guid.Parse("00000000-0000-7000-8000-000000000001");
    private readonly TemporaryFolder folder = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        folder.Dispose();
        key.Dispose();
    }

    [Fact]
    public async Task Evidence_as_it_was_signed_is_read_out()
    {
        var (code, output, _) = await VerifyAsync(Zip(Evidence(TokenState.Sealed)), key);
        Assert.Equal(0, code);
        Assert.Contains($"As signed: share link {Link} to \"Cut one\"", output, StringComparison.Ordinal);
        Assert.Contains("1 tokens for 1 viewers, 1 of them sealed", output, StringComparison.Ordinal);
        Assert.Contains("NOT WHOLE: 3 later tokens are not listed.", output, StringComparison.Ordinal);
        Assert.Contains("(Gwen)", output, StringComparison.Ordinal);
        Assert.Contains("after 1.5 seconds", output, StringComparison.Ordinal);
        Assert.DoesNotContain("With --key", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_was_altered_before_or_another_key_ends_with_1()
    {
        var (code, output, _) = await VerifyAsync(Zip(Evidence(TokenState.Altered)), null);
        Assert.Equal(1, code);
        Assert.Contains("NOT AS SEALED: the row of token", output, StringComparison.Ordinal);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (refused, said, _) = await VerifyAsync(Zip(Evidence(TokenState.Sealed)), other);
        Assert.Equal(1, refused);
        Assert.StartsWith("NOT AS SIGNED", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_evidence_is_told()
    {
        var (code, _, errors) = await VerifyAsync("no zip"u8.ToArray(), null);
        Assert.Equal(1, code);
        Assert.Contains("is not a file of playback evidence", errors, StringComparison.Ordinal);
        Assert.Equal(2, (await LauncherProcess.RunAsync("evidence", "check")).Code);
    }

    private static PlaybackEvidence Evidence(string state)
    {
        var (tenant, viewer) = (Guid.NewGuid(), Guid.NewGuid());
        var token = new EvidenceToken(
            Guid.NewGuid(), Link, Link, viewer, "00ff", "Chrome", null, At, At.AddMinutes(15), null, 1, state);
        return new(
            PlaybackEvidence.TypeName, PlaybackEvidence.CurrentFormat, tenant, At, viewer, null, null,
            new(Link, Link, "", "revoked", At, viewer, "Ada", At.AddDays(7), null, false, false, false, null, 1, []),
            new(Link, "Cut one"), [new(Link, 1, "cut.mp4", 1)],
            new(At, viewer, "Ada", At, RevokedAtMux.Effective, At.AddSeconds(1.5), 1.5, [new(Link, At, At.AddSeconds(1.5), "done", 1.5)]),
            At.AddMinutes(15), 1, 3, [new(viewer, null, null, "Gwen", "Chrome", At, At, 1, 1)],
            [token with { Hash = PlaybackEvidence.HashOf(token, tenant) }]);
    }

    private byte[] Zip(PlaybackEvidence evidence) => EvidenceFile.Make(evidence.ToBytes(), new AuditKeys(Options.Create(new AuditOptions
    {
        CurrentKey = "a1",
        Keys = { ["a1"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())) },
    })), At).ToZip();

    private async Task<(int Code, string Output, string Errors)> VerifyAsync(byte[] zip, ECDsa? with)
    {
        var path = folder.File("evidence.zip", "");
        await File.WriteAllBytesAsync(path, zip);
        string[] call = ["evidence", "verify", path];
        return await LauncherProcess.RunAsync(
            with is null ? call : [.. call, "--key", $"a1={folder.File("a1.pem", with.ExportSubjectPublicKeyInfoPem())}"]);
    }
}
