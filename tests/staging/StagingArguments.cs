using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Portal.Tests.Staging;

/// <summary>
/// The command line, read and checked. Secrets are no arguments: those are seen in lists of processes and kept by shells.
/// </summary>
public sealed record StagingArguments
{
    public const string Everything = "all";

    /// <summary>As the portal sets them where nobody says otherwise.</summary>
    private const int DefaultPlaybacks = 100;
    private const int DefaultFailedAttempts = 20;

    public bool Help { get; init; }

    public IReadOnlyList<StagingCheck> Checks { get; init; } = [];

    public Uri Base { get; init; } = new("https://portal.invalid");

    public Guid? Asset { get; init; }

    public string? File { get; init; }

    public string? Origin { get; init; }

    public bool Yes { get; init; }

    public string? Report { get; init; }

    /// <summary>Public keys of the audit log by id; empty: those that an export itself carries.</summary>
    public IReadOnlyDictionary<string, byte[]> Keys { get; init; } = new Dictionary<string, byte[]>();

    public int PlaybacksPerMinute { get; init; } = DefaultPlaybacks;

    public int FailedAttemptsPerMinute { get; init; } = DefaultFailedAttempts;

    /// <exception cref="StagingUsageException">It cannot be understood.</exception>
    public static StagingArguments Parse(IReadOnlyList<string> args)
    {
        var read = new StagingArguments();
        string? check = null, address = null;
        for (var at = 0; at < args.Count; at++)
        {
            var name = args[at];
            switch (name)
            {
                case "--help" or "-h" or "-?" or "help":
                    return read with { Help = true };
                case "--base":
                    address = Value();
                    break;
                case "--asset":
                    read = read with { Asset = Guid.TryParse(Value(), out var id) ? id : throw Wrong("--asset is the id of an asset.") };
                    break;
                case "--file":
                    read = read with { File = FileOf(Value()) };
                    break;
                case "--origin":
                    read = read with { Origin = OriginOf(Value()) };
                    break;
                case "--key":
                    read = read with { Keys = new Dictionary<string, byte[]>(read.Keys.Append(KeyOf(Value())), StringComparer.Ordinal) };
                    break;
                case "--playbacks-per-minute":
                    read = read with { PlaybacksPerMinute = NumberOf(Value()) };
                    break;
                case "--failed-attempts-per-minute":
                    read = read with { FailedAttemptsPerMinute = NumberOf(Value()) };
                    break;
                case "--report":
                    read = read with { Report = Value() };
                    break;
                case "--yes":
                    read = read with { Yes = true };
                    break;
                case ['-', ..]:
                    throw Wrong($"{name} is no option.");
                default:
                    check = check is null ? name : throw Wrong("One check goes at a time, or all.");
                    break;
            }

            string Value() => ++at < args.Count ? args[at] : throw Wrong($"{name} needs a value.");
            int NumberOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw Wrong($"{name} is a whole number above 0, not {text}.");
        }

        return read with { Checks = ChecksOf(check), Base = BaseOf(address) };
    }

    private static IReadOnlyList<StagingCheck> ChecksOf(string? name) => name switch
    {
        null => throw Wrong("Which check?"),
        Everything => StagingCheck.All,
        _ => StagingCheck.All.Where(check => check.Name == name).ToList() is { Count: 1 } one ? one : throw Wrong($"{name} is no check."),
    };

    private static Uri BaseOf(string? text) =>
        text is null
            ? throw Wrong("--base is missing: the portal's address, such as https://motion-mavericks-staging.azurewebsites.net.")
            : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.AbsolutePath == "/" && IsPrivate(address)
                ? address
                : throw Wrong(
                    $"--base is an address such as https://portal.example, without a path; http goes to this machine alone. Not {text}.");

    /// <summary>Nobody on the way reads the tokens.</summary>
    private static bool IsPrivate(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps
        || (address.Scheme == Uri.UriSchemeHttp
            && (address.IsLoopback || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip))));

    private static string OriginOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.GetLeftPart(UriPartial.Authority) == text
            ? text
            : throw Wrong($"--origin is written as browsers send it, https://portal.example, without a path. Not {text}.");

    private static string FileOf(string path) => System.IO.File.Exists(path) ? path : throw Wrong($"There is no file {path}.");

    private static KeyValuePair<string, byte[]> KeyOf(string text)
    {
        if (text.Split('=', 2) is not [var id, var path])
        {
            throw Wrong($"--key is written id=file, not {text}.");
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(System.IO.File.ReadAllText(path));
            return new(id, key.ExportSubjectPublicKeyInfo());
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or IOException)
        {
            throw Wrong($"{path} is not a PEM with an ECDSA key.");
        }
    }

    private static StagingUsageException Wrong(string message) => new($"{message} See --help.");
}
