using System.Globalization;

namespace Portal.Postgres;

/// <summary>
/// Who uses a cluster: one locked file each in its <c>users</c> folder. The last one out stops the server. Join, look and leave
/// only under the cluster's lock.
/// </summary>
internal sealed class ClusterUsers : IDisposable
{
    private readonly string path;
    private readonly FileLock held;

    private ClusterUsers(string path, FileLock held)
    {
        this.path = path;
        this.held = held;
    }

    public static ClusterUsers Join(string folder)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Guid.NewGuid():N}");
        var path = Path.Combine(folder, name);
        return new ClusterUsers(path, FileLock.TryTake(path) ?? throw new IOException($"{path} was taken by somebody else."));
    }

    /// <summary>True if a living process is registered; forgets the dead.</summary>
    public static bool Any(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return false;
        }

        var living = false;
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            if (FileLock.TryTake(file) is { } abandoned)
            {
                File.Delete(file);
                abandoned.Dispose();
            }
            else
            {
                living = true;
            }
        }

        return living;
    }

    public void Dispose()
    {
        held.Dispose();
        File.Delete(path);
    }
}
