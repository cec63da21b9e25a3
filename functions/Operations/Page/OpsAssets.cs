using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Portal.Functions.Operations.Page;

/// <summary>A file that pages load.</summary>
public sealed record OpsAsset(byte[] Bytes, string ContentType, string Version);

/// <summary>Style, script and icon of the page, from the assembly. Their addresses carry a hash of the content, so browsers may keep
/// them.</summary>
public static class OpsAssets
{
    private const string Prefix = "ops/";

    private static readonly FrozenDictionary<string, OpsAsset> Files = typeof(OpsAssets).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[Prefix.Length..], Read, StringComparer.Ordinal);

    public static OpsAsset? Find(string file) => Files.GetValueOrDefault(file);

    public static string Url(string file) => $"/ops/assets/{file}?v={Files[file].Version}";

    private static OpsAsset Read(string name)
    {
        using var stream = typeof(OpsAssets).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var type = Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        return new(bytes, type, Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6)));
    }
}
