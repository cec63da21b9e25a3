namespace Portal.Postgres;

/// <summary>Whose a folder is and who may do what in it, which .NET does not tell.</summary>
internal static class UnixFolders
{
    /// <summary>For a folder where another account only passes through.</summary>
    public const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>For a folder that is its owner's alone.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The owner's numeric id and the mode as <c>ls</c> writes it; the link itself if it is one. Null if there is
    /// nothing.</summary>
    public static async Task<(string Mode, string Owner)?> LookAsync(string path, CancellationToken ct)
    {
        var result = await Command.RunAsync(["ls", "-ldn", "--", path], "/", ct: ct);
        var parts = result.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return result.Succeeded && parts.Length > 3 ? (parts[0], parts[2]) : null;
    }

    /// <summary>Makes a folder in a place where anybody may make one, and takes it only if it is ours alone.</summary>
    /// <returns>Why it cannot be used, or null.</returns>
    public static async Task<string?> MakeInPublicPlaceAsync(string path, UnixFileMode mode, string ourUserId, CancellationToken ct)
    {
        if (!OperatingSystem.IsWindows() && !Path.Exists(path))
        {
            Directory.CreateDirectory(path, mode);
        }

        // Looked at after making it: whoever was quicker is found out here.
        if (await LookAsync(path, ct) is not { } found)
        {
            return "it cannot be looked at";
        }

        if (found.Mode[0] != 'd')
        {
            return "it is no folder";
        }

        if (found.Owner != ourUserId)
        {
            return $"it belongs to the user with id {found.Owner}";
        }

        var othersMayWrite = found.Mode[5] == 'w' || found.Mode[8] == 'w';
        return othersMayWrite ? "others may write in it" : null;
    }

    /// <summary>The path without links in it; what does not exist yet is kept as it is.</summary>
    public static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        foreach (var part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = new DirectoryInfo(next).LinkTarget is null
                ? next
                : RealPath(Directory.ResolveLinkTarget(next, returnFinalTarget: true)?.FullName ?? next);
        }

        return real;
    }
}
