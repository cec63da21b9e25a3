using System.Globalization;

namespace Portal.Postgres;

/// <summary>
/// Who runs the server. Ourselves, as a rule; but Postgres refuses to run as root, so a launcher started by root runs it under an
/// unprivileged account, by whichever tool for that is on the machine.
/// </summary>
internal sealed class Account
{
    private static readonly string[] Unprivileged = ["postgres", "_postgres", "nobody"];

    private readonly IReadOnlyList<string> prefix;

    private Account(string? name, string userId, IReadOnlyList<string> prefix)
    {
        Name = name;
        UserId = userId;
        this.prefix = prefix;
    }

    /// <summary>The other account's name; null if the server runs as we do.</summary>
    public string? Name { get; }

    /// <summary>Its numeric id, as text; the user's name on Windows.</summary>
    public string UserId { get; }

    public bool IsOther => Name is not null;

    /// <summary>The id of whoever runs this program, which is not the account's if that is another.</summary>
    public string OurUserId => IsOther ? "0" : UserId;

    private static string AnyFolder => OperatingSystem.IsWindows() ? Path.GetTempPath() : "/";

    /// <summary>Ourselves, or an unprivileged account if we are root.</summary>
    /// <param name="preferredUserId">The owner of what is there already; used if it is an ordinary account.</param>
    /// <param name="ct">Stops looking.</param>
    /// <exception cref="PostgresStartException">We are root and no account or tool serves.</exception>
    public static async Task<Account> PickAsync(string? preferredUserId, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
        {
            return new Account(null, Environment.UserName, []);
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return new Account(null, await AskIdAsync("-u", null, ct) ?? "", []);
        }

        var tried = new List<string>();
        var preferred = preferredUserId is null or "0" ? null : await AskNameAsync(preferredUserId, ct);
        foreach (var name in preferred is null ? Unprivileged : [preferred, .. Unprivileged])
        {
            if (await AskIdAsync("-u", name, ct) is not { } userId || await AskIdAsync("-g", name, ct) is not { } groupId)
            {
                continue;
            }

            foreach (var way in Ways(name, userId, groupId))
            {
                var account = new Account(name, userId, way);
                // The option in this command also shows that the tool passes options on rather than eating them.
                var probe = await account.RunAsync(["/bin/sh", "-c", "id -u"], ct: ct);
                if (probe.Succeeded && probe.Output.Trim() == userId)
                {
                    return account;
                }

                tried.Add($"{Path.GetFileName(way[0])} for {name}: {probe.Text.ReplaceLineEndings(" ")}");
            }
        }

        throw new PostgresStartException(
            "Postgres does not run as root, and no way was found to run it under another account. "
            + "Start as an ordinary user, or name a database with --database or PORTAL_DATABASE.\n"
            + string.Join('\n', tried));
    }

    /// <summary>Runs a program as this account, without the PG… variables of whoever started us.</summary>
    public Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, TimeSpan? limit = null, CancellationToken ct = default) =>
        Command.RunAsync([.. prefix, .. command], AnyFolder, CleanEnvironment(), limit, ct);

    /// <summary>The whole command line that runs a program as this account.</summary>
    public IReadOnlyList<string> Wrap(IReadOnlyList<string> command) => [.. prefix, .. command];

    /// <summary>Gives a file or folder of ours to this account; does not follow a link.</summary>
    public async Task OwnAsync(string path, CancellationToken ct)
    {
        if (!IsOther)
        {
            return;
        }

        var result = await Command.RunAsync(["chown", "-h", UserId, path], "/", ct: ct);
        if (!result.Succeeded)
        {
            throw new PostgresStartException($"Could not give {path} to the account {Name}: {result.Text}");
        }
    }

    /// <summary>
    /// In an ordinary user's checkout, what root made there becomes the user's, so that the next run need not be root's.
    /// </summary>
    public async Task LeaveToOwnerAsync(string folder, CancellationToken ct)
    {
        if (IsOther && (await UnixFolders.LookAsync(folder, ct))?.Owner == UserId)
        {
            await Command.RunAsync(["chown", "-R", "-h", UserId, folder], "/", ct: ct);
        }
    }

    /// <summary>PGPORT, PGDATA and their like steer initdb and the server; messages are read by us, so they are in English.</summary>
    public static IReadOnlyDictionary<string, string?> CleanEnvironment()
    {
        var cleaned = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("PG", StringComparison.Ordinal))
            .ToDictionary(name => name, _ => (string?)null);
        cleaned["LC_ALL"] = "C";
        return cleaned;
    }

    /// <summary>Ways to run something as another account, the plainest first. Accounts such as nobody have no shell and no home.</summary>
    private static IEnumerable<IReadOnlyList<string>> Ways(string name, string userId, string groupId)
    {
        (string Tool, string[] Arguments)[] known =
        [
            ("setpriv", ["--reuid", userId, "--regid", groupId, "--clear-groups", "--"]),
            ("runuser", ["-u", name, "--"]),
            ("su-exec", [name]),
            ("gosu", [name]),
            // util-linux's su takes options anywhere, so it needs the dashes; busybox's would hand them on.
            ("su", ["-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", name, "--"]),
            ("su", ["-s", "/bin/sh", name, "-c", "exec \"$0\" \"$@\""]),
            ("sudo", ["-n", "-u", name, "--"]),
        ];
        return known
            .Select(way => (Path: Command.Find(way.Tool), way.Arguments))
            .Where(way => way.Path is not null)
            .Select(way => (IReadOnlyList<string>)[way.Path!, .. way.Arguments]);
    }

    private static async Task<string?> AskIdAsync(string what, string? name, CancellationToken ct)
    {
        var result = await Command.RunAsync(name is null ? ["id", what] : ["id", what, name], AnyFolder, ct: ct);
        var text = result.Output.Trim();
        return result.Succeeded && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : null;
    }

    private static async Task<string?> AskNameAsync(string userId, CancellationToken ct)
    {
        var result = await Command.RunAsync(["id", "-un", userId], AnyFolder, ct: ct);
        return result.Succeeded ? result.Output.Trim() : null;
    }
}
