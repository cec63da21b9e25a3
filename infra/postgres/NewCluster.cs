using System.Security.Cryptography;

namespace Portal.Postgres;

/// <summary>Makes a data folder with initdb.</summary>
internal sealed class NewCluster(string folder, Account account, bool durable)
{
    public const string Superuser = "postgres";

    /// <returns>The superuser's password, known to nobody else.</returns>
    public async Task<string> MakeAsync(ServerBinaries binaries, CancellationToken ct)
    {
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var passwordFile = $"{folder}.password";
        try
        {
            await WritePrivateAsync(passwordFile, password, ct);
            await account.OwnAsync(passwordFile, ct);
            await RunInitDbAsync(binaries, passwordFile, ct);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        return password;
    }

    private async Task RunInitDbAsync(ServerBinaries binaries, string passwordFile, CancellationToken ct)
    {
        CommandResult? result = null;
        foreach (var locale in Locales(binaries.Major))
        {
            StaleFiles.DeleteFolder(folder);
            MakePrivateFolder(folder);
            await account.OwnAsync(folder, ct);
            string[] sync = durable ? [] : ["--no-sync"];
            result = await account.RunAsync(
                [
                    binaries.InitDb, "-D", folder, "-U", Superuser, $"--pwfile={passwordFile}", "--auth=scram-sha-256",
                    "--encoding=UTF8", "--lc-messages=C", "--no-instructions", .. locale, .. sync,
                ],
                TimeSpan.FromMinutes(5),
                ct);
            if (result.Succeeded)
            {
                return;
            }
        }

        throw new PostgresStartException($"initdb of PostgreSQL {binaries.Version} in {binaries.Folder} failed:\n{result?.Text}");
    }

    /// <summary>Code point order everywhere, as in production; UTF-8 letters where the system or the server knows them.</summary>
    private static string[][] Locales(int major) =>
        major >= 17 ? [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
        : OperatingSystem.IsLinux() ? [["--locale=C.UTF-8"], ["--locale=C"]]
        : OperatingSystem.IsMacOS() ? [["--locale=C", "--lc-ctype=UTF-8"], ["--locale=C"]]
        : [["--locale=C"]];

    private static async Task WritePrivateAsync(string path, string text, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(text.AsMemory(), ct);
    }

    private static void MakePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFolders.Private);
        }
    }
}
