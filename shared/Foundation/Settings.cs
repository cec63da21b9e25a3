namespace Portal.Foundation;

/// <summary>What several rooms check their settings with.</summary>
internal static class Settings
{
    /// <summary>Base64 of at least so many bytes.</summary>
    public static bool IsKey(string text, int bytes)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var length) && length >= bytes;
    }
}
