using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Postgres;

/// <summary>A folder with initdb, pg_ctl and postgres that the server's account can run.</summary>
internal sealed partial record ServerBinaries(string Folder, int Major, string Version, string Origin)
{
    public const int OldestMajor = 15;

    public string Postgres => PathOf(Folder, "postgres");

    public string InitDb => PathOf(Folder, "initdb");

    public string PgCtl => PathOf(Folder, "pg_ctl");

    /// <summary>Every usable installation on this machine, the newest first.</summary>
    public static async Task<IReadOnlyList<ServerBinaries>> OnThisMachineAsync(Account account, CancellationToken ct)
    {
        var found = new List<ServerBinaries>();
        foreach (var folder in (await PlacesAsync(ct)).Distinct())
        {
            if (await TryAsync(folder, "found on this machine", account, ct) is { } usable)
            {
                found.Add(usable);
            }
        }

        return [.. found.OrderByDescending(each => each.Major).ThenByDescending(each => Minor(each.Version))];
    }

    /// <summary>What is in the folder, or null if something is missing, too old, or cannot be run by the account.</summary>
    public static async Task<ServerBinaries?> TryAsync(string folder, string origin, Account account, CancellationToken ct)
    {
        var versions = new List<string>();
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
        {
            var path = PathOf(folder, program);
            if (!File.Exists(path))
            {
                return null;
            }

            var answer = await account.RunAsync([path, "--version"], TimeSpan.FromSeconds(20), ct);
            var match = VersionPattern().Match(answer.Output);
            if (!answer.Succeeded || !match.Success)
            {
                return null;
            }

            versions.Add(match.Value);
        }

        var major = int.Parse(versions[0].Split('.')[0], CultureInfo.InvariantCulture);
        var alike = versions.Distinct().Count() == 1;
        return alike && major >= OldestMajor
            ? new ServerBinaries(folder, major, versions[0], $"{origin}: PostgreSQL {versions[0]} in {folder}")
            : null;
    }

    public static string PathOf(string folder, string program) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? program + ".exe" : program);

    private static async Task<IEnumerable<string>> PlacesAsync(CancellationToken ct)
    {
        var places = new List<string>();
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            if (Path.IsPathFullyQualified(folder) && File.Exists(PathOf(folder, "postgres")))
            {
                // What lies there may be a link or a wrapper script; the folder behind a link has all the programs.
                places.Add(Path.GetDirectoryName(UnixFolders.RealPath(PathOf(folder, "postgres")))!);
                places.Add(folder);
            }
        }

        if (Command.Find("pg_config") is { } config)
        {
            var answer = await Command.RunAsync([config, "--bindir"], Path.GetTempPath(), Account.CleanEnvironment(), ct: ct);
            if (answer.Succeeded && answer.Output.Trim() is { Length: > 0 } folder)
            {
                places.Add(folder);
            }
        }

        places.AddRange(Known().SelectMany(Expand));
        return places;
    }

    /// <summary>Where packages of the usual systems put them; a star stands for a part of one folder name.</summary>
    private static string[] Known() => OperatingSystem.IsWindows()
        ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")]
        :
        [
            "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin",
            "/usr/libexec/postgresql*", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
            "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
        ];

    private static IEnumerable<string> Expand(string pattern)
    {
        var root = Path.GetPathRoot(pattern)!;
        IEnumerable<string> folders = [root];
        foreach (var part in pattern[root.Length..].Split(Path.DirectorySeparatorChar))
        {
            folders = part.Contains('*', StringComparison.Ordinal)
                ? folders.Where(Directory.Exists).SelectMany(folder => Children(folder, part))
                : folders.Select(folder => Path.Combine(folder, part));
        }

        return folders.Where(Directory.Exists);
    }

    private static string[] Children(string folder, string pattern)
    {
        try
        {
            return Directory.GetDirectories(folder, pattern);
        }
        catch (UnauthorizedAccessException)
        {
            // A folder we may not list holds no program for us.
            return [];
        }
    }

    private static int Minor(string version) =>
        version.Split('.') is [_, var minor, ..] ? int.Parse(minor, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex VersionPattern();
}
