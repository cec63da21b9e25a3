using System.Security.Cryptography;

namespace Portal.Tests.Support;

/// <summary>RSA keys of this test process, handed out in turn: making one for each server of each test class took a minute of the
/// suite.</summary>
internal static class TestKeys
{
    private static readonly Lazy<byte[]>[] Made =
    [
        .. Enumerable.Range(0, 4).Select(_ => new Lazy<byte[]>(() =>
        {
            using var rsa = RSA.Create(2048);
            return rsa.ExportPkcs8PrivateKey();
        })),
    ];

    private static int taken;

    public static RSA Next()
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Made[(uint)Interlocked.Increment(ref taken) % Made.Length].Value, out _);
        return rsa;
    }
}
