using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Postgres;

/// <summary>
/// Where a cluster lives. The checkout's <c>.portal</c> folder if the server's account can work there; else a folder under the
/// temporary folders, with a name that is the same every time for this checkout, and a pointer to it in <c>.portal</c>.
/// </summary>
/// <remarks>
/// "Can work there" is tried, not reasoned about: a closed parent folder, a mount without programs or without permissions,
/// a folder that belongs to somebody else all show when the account runs a small script in it.
/// </remarks>
internal sealed class StateDirectory(string stateFolder, Account account, IProgress<string> progress)
{
    private const int LongestPath = 180;

    // The shell that pg_ctl starts the server with would read these.
    private const string ShellCharacters = "\"$`\\\n";

    private readonly string stateFolder = UnixFolders.RealPath(stateFolder);

    /// <summary>The file in the state folder that names the other folder.</summary>
    public static string PointerFile(string stateFolder) => Path.Combine(stateFolder, "state-is-in");

    /// <summary>The checkout this program was built in, or else the one around the current folder; its <c>.portal</c>.</summary>
    public static string DefaultStateFolder()
    {
        var checkout = Checkout.Find() ?? Checkout.Above(Environment.CurrentDirectory);
        return checkout is not null
            ? Path.Combine(checkout, ".portal")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "motion-mavericks-portal");
    }

    /// <summary>Whose the cluster is, or would be: the owner of its data if there are any, else of the state folder. Null if there is
    /// neither.</summary>
    public static async Task<string?> FindOwnerAsync(string stateFolder, string relative, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var elsewhere = ReadPointer(stateFolder) ?? stateFolder;
        foreach (var path in new[] { Path.Combine(stateFolder, relative, "data"), Path.Combine(elsewhere, relative, "data"), stateFolder })
        {
            if (await UnixFolders.LookAsync(path, ct) is { } found)
            {
                return found.Owner;
            }
        }

        return null;
    }

    /// <summary>The folder that can be used as the state folder for a cluster at the relative path, made and tried.</summary>
    /// <exception cref="PostgresStartException">None can; says why for each.</exception>
    public async Task<string> FindAsync(string relative, CancellationToken ct)
    {
        var refusals = new List<string>();
        foreach (var folder in InOrder(relative))
        {
            var refusal = folder == stateFolder ? null : await MakeAsync(folder, ct);
            refusal ??= await TryAsync(folder, relative, ct);
            if (refusal is not null)
            {
                refusals.Add($"{folder}: {refusal}");
                continue;
            }

            if (folder != stateFolder)
            {
                progress.Report($"Postgres keeps its files in {folder} ({refusals.FirstOrDefault() ?? "as before"}).");
                LeavePointer(folder);
            }

            return folder;
        }

        throw new PostgresStartException("No folder was found where Postgres can keep its files.\n" + string.Join('\n', refusals));
    }

    /// <summary>The state folder first, unless the data are elsewhere from an earlier run and not here.</summary>
    private IEnumerable<string> InOrder(string relative)
    {
        var others = OtherFolders().ToArray();
        var pointed = ReadPointer(stateFolder);
        return others.Contains(pointed)
            && Directory.Exists(Path.Combine(pointed!, relative, "data"))
            && !Directory.Exists(Path.Combine(stateFolder, relative, "data"))
            ? others.OrderByDescending(folder => folder == pointed).Append(stateFolder)
            : others.Prepend(stateFolder);
    }

    private async Task<string?> MakeAsync(string folder, CancellationToken ct) => OperatingSystem.IsWindows()
        ? null
        : await UnixFolders.MakeInPublicPlaceAsync(
            folder, account.IsOther ? UnixFolders.PassThrough : UnixFolders.Private, account.OurUserId, ct);

    private static string? ReadPointer(string stateFolder)
    {
        var pointer = PointerFile(stateFolder);
        return File.Exists(pointer) ? File.ReadAllText(pointer).Trim() : null;
    }

    private IEnumerable<string> OtherFolders()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stateFolder)))[..12];
        var name = $"portal-{account.OurUserId}-{hash}";
        return new[] { "/var/tmp", "/tmp", Path.GetTempPath() }
            .Where(Directory.Exists)
            .Select(UnixFolders.RealPath)
            .Distinct()
            .Select(folder => Path.Combine(folder, name));
    }

    /// <returns>Why the folder cannot be used, or null.</returns>
    private async Task<string?> TryAsync(string folder, string relative, CancellationToken ct)
    {
        var cluster = Path.Combine(folder, relative);
        if (cluster.Length > LongestPath)
        {
            return "the path is too long";
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(cluster);
            return null;
        }

        if (cluster.AsSpan().IndexOfAny(ShellCharacters) >= 0)
        {
            return "the path has characters that a shell would read";
        }

        var probe = Path.Combine(cluster, $"probe-{Guid.NewGuid():N}");
        string? refusal = "it was not tried";
        try
        {
            Directory.CreateDirectory(folder);
            MakeParts(folder, relative);
            Directory.CreateDirectory(probe, UnixFolders.Private);
            return refusal = await ProbeAsync(probe, ct);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return refusal = exception.Message;
        }
        finally
        {
            CleanUp(probe, refusal is null ? null : cluster);
        }
    }

    private static void CleanUp(string probe, string? refused)
    {
        if (Directory.Exists(probe))
        {
            Directory.Delete(probe, recursive: true);
        }

        if (refused is not null && Directory.Exists(refused) && !Directory.EnumerateFileSystemEntries(refused).Any())
        {
            Directory.Delete(refused);
        }
    }

    /// <summary>One by one: folders between, made with whatever umask is set, must let the account through.</summary>
    [UnsupportedOSPlatform("windows")]
    private void MakeParts(string folder, string relative)
    {
        foreach (var part in relative.Split('/'))
        {
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder, UnixFolders.Private);
            if (account.IsOther)
            {
                File.SetUnixFileMode(folder, UnixFolders.PassThrough);
            }
        }
    }

    [UnsupportedOSPlatform("windows")]
    private async Task<string?> ProbeAsync(string probe, CancellationToken ct)
    {
        if (File.GetUnixFileMode(probe) != UnixFolders.Private)
        {
            return "the file system does not keep permissions";
        }

        var script = Path.Combine(probe, "run");
        await File.WriteAllTextAsync(script, "#!/bin/sh\n: > \"${0%/*}/written\"\n", ct);
        File.SetUnixFileMode(script, UnixFolders.Private);
        await account.OwnAsync(script, ct);
        await account.OwnAsync(probe, ct);
        var result = await account.RunAsync([script], ct: ct);
        if (result.Text.Contains("busy", StringComparison.OrdinalIgnoreCase))
        {
            // Another thread started a program while the script was open for writing; by now that is over.
            result = await account.RunAsync([script], ct: ct);
        }

        if (result.Succeeded && File.Exists(Path.Combine(probe, "written")))
        {
            return null;
        }

        return account.IsOther
            ? $"the account {account.Name} cannot work there"
            : $"programs cannot run there: {result.Text.ReplaceLineEndings(" ")}";
    }

    private void LeavePointer(string other)
    {
        try
        {
            Directory.CreateDirectory(stateFolder);
            File.WriteAllText(PointerFile(stateFolder), other + "\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The name is derived from the checkout's path, so it is found again without the pointer.
            progress.Report($"(No pointer to it was left in {stateFolder}: {exception.Message})");
        }
    }
}
