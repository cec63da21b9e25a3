using System.Security.Cryptography;

namespace Portal.LocalVendors.Hosting;

/// <summary>Opaque ids and secrets in the alphabets vendors use.</summary>
internal static class Ids
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string New(int length) => RandomNumberGenerator.GetString(Alphabet, length);
}
