using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Which keys the audit log is sealed with, and which settings the app refuses to start with.</summary>
public sealed class AuditKeyTests : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        key.Dispose();
        other.Dispose();
    }

    [Fact]
    public void It_signs_with_the_current_key_and_whoever_has_the_public_half_checks()
    {
        var keys = new AuditKeys(Options.Create(Settings(("a1", Private(other)), ("a2", Private(key)))));
        var signature = keys.Sign("message"u8.ToArray());
        Assert.Equal("a2", keys.CurrentKey);
        Assert.Equal(["a1", "a2"], keys.Public.Keys.Order());
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), keys.Public["a2"]);
        Assert.True(key.VerifyData("message"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.True(AuditKeys.Verify(keys.Public["a2"], "message"u8.ToArray(), signature));
        Assert.False(AuditKeys.Verify(keys.Public["a1"], "message"u8.ToArray(), signature));
        Assert.False(AuditKeys.Verify(keys.Public["a2"], "another"u8.ToArray(), signature));
        Assert.True(AuditKeys.IsSigned(keys.Public["a2"], "message"u8.ToArray(), signature));
        Assert.False(AuditKeys.IsSigned([1], "message"u8.ToArray(), signature));
        Assert.False(AuditKeys.IsSigned(keys.Public["a2"], "message"u8.ToArray(), [1]));
    }

    [Fact]
    public void The_current_key_is_a_private_one_on_P256_and_of_earlier_ones_the_public_half_is_enough()
    {
        Assert.True(AuditKeys.IsValid(Settings(("a2", Private(key)))));
        Assert.True(AuditKeys.IsValid(Settings(("a1", Public(other)), ("a2", Private(key)))));
        Assert.False(AuditKeys.IsValid(Settings(("a2", Public(key)))));
        Assert.False(AuditKeys.IsValid(Settings(("a1", Private(key)))));
        Assert.False(AuditKeys.IsValid(Settings(("a1", "nonsense"), ("a2", Private(key)))));
        Assert.False(AuditKeys.IsValid(Settings(("a1", Base64("no PEM")), ("a2", Private(key)))));
        Assert.False(AuditKeys.IsValid(Settings(("a2", "%"))));
        using var longer = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(AuditKeys.IsValid(Settings(("a2", Private(longer)))));
        Assert.True(AuditKeys.IsValid(Settings(("a1", Private(longer)), ("a2", Private(key)))));
    }

    private static AuditOptions Settings(params (string Id, string Key)[] keys) =>
        new() { CurrentKey = "a2", Keys = keys.ToDictionary(each => each.Id, each => each.Key) };

    private static string Private(ECDsa key) => Base64(key.ExportPkcs8PrivateKeyPem());

    private static string Public(ECDsa key) => Base64(key.ExportSubjectPublicKeyInfoPem());

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
