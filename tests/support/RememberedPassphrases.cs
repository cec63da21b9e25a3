using System.Collections.Concurrent;
using Portal.Sharing.ShareLinks;

namespace Portal.Tests.Support;

/// <summary>Derives a passphrase once for the whole process, as slowly as the app does: it was a twentieth of the suite's work. All have
/// one salt; that each has its own, <c>PassphraseTests</c> says of the app's.</summary>
internal sealed class RememberedPassphrases : PassphraseHash
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 16).Select(each => (byte)each)];
    private static readonly ConcurrentDictionary<(string Passphrase, string Salt, int Iterations), Lazy<byte[]>> Known = [];

    public override byte[] NewSalt() => Salt;

    public override byte[] Derive(string passphrase, byte[] salt, int iterations) => Known.GetOrAdd(
        (passphrase, Convert.ToHexString(salt), iterations), _ => new(() => base.Derive(passphrase, salt, iterations))).Value;
}
