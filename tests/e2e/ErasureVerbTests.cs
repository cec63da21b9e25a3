using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Compliance.Erasure;

namespace Portal.Tests.EndToEnd;

/// <summary><c>erasure verify</c>: whoever was erased, with a certificate, a public key and no portal.</summary>
public sealed class ErasureVerbTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly TemporaryFolder folder = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        folder.Dispose();
        key.Dispose();
    }

    [Fact]
    public async Task A_certificate_as_it_was_signed_is_read_out_with_what_was_kept_and_why()
    {
        var (code, output, _) = await VerifyAsync(Certificate(), key);
        Assert.Equal(0, code);
        Assert.Contains("of a person of tenant", output, StringComparison.Ordinal);
        Assert.Contains("  users: replaced, 1 rows", output, StringComparison.Ordinal);
        Assert.Contains("  audit_log: kept – evidence", output, StringComparison.Ordinal);
        Assert.Contains("  Resend: nothing can be deleted; it holds the mails", output, StringComparison.Ordinal);
        Assert.Contains("Backups of the database hold the rows until 2026-01-09 03:04 UTC.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_word_that_was_changed_does_not_pass()
    {
        var (code, output, _) = await VerifyAsync(
            Certificate().Replace("replaced", "deleted!", StringComparison.Ordinal), null);
        Assert.Equal(1, code);
        Assert.StartsWith("NOT AS SIGNED", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_says_something_else_than_what_is_signed_does_not_pass()
    {
        var file = JsonNode.Parse(Certificate())!;
        file["certificate"] = JsonNode.Parse(file["document"]!.ToString());
        Assert.Equal(0, (await VerifyAsync(file.ToJsonString(), key)).Code);
        file["certificate"]!["comments"] = "remove";
        var (code, output, _) = await VerifyAsync(file.ToJsonString(), key);
        Assert.Equal(1, code);
        Assert.StartsWith("NOT AS SIGNED", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signed_with_another_key_does_not_pass()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (code, output, _) = await VerifyAsync(Certificate(), other);
        Assert.Equal(1, code);
        Assert.StartsWith("NOT AS SIGNED", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_told()
    {
        var (code, _, errors) = await VerifyAsync("{}", null);
        Assert.Equal(1, code);
        Assert.Contains("is not the certificate of an erasure", errors, StringComparison.Ordinal);
        Assert.Equal(2, (await LauncherProcess.RunAsync("erasure", "check")).Code);
    }

    private Task<(int Code, string Output, string Errors)> VerifyAsync(string certificate, ECDsa? with)
    {
        string[] call = ["erasure", "verify", folder.File("certificate.json", certificate)];
        return LauncherProcess.RunAsync(
            with is null ? call : [.. call, "--key", $"a1={folder.File("a1.pem", with.ExportSubjectPublicKeyInfoPem())}"]);
    }

    private string Certificate()
    {
        var document = JsonSerializer.Serialize(
            new ErasureCertificate(
                1, Guid.NewGuid(), Guid.NewGuid(), new("person", Guid.NewGuid(), null), "keep", At, At, At,
                [new("users", "replaced", 1, null), new("audit_log", "kept", null, "evidence")],
                [new("Resend", "nothing can be deleted", "the mails that were sent")], At.AddDays(7)), JsonSerializerOptions.Web);
        return JsonSerializer.Serialize(new
        {
            document,
            keyId = "a1",
            publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
            signature = Convert.ToBase64String(key.SignData(
                ErasureCertificates.Message(document), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
        });
    }
}
