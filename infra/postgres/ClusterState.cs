using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Postgres;

/// <summary>What a cluster's folder remembers between runs. Holds the superuser's password, so only its owner may read the file.</summary>
internal sealed record ClusterState(int Port, string Password, string Binaries, string Origin)
{
    /// <summary>The program that stops the server.</summary>
    [JsonIgnore]
    public string PgCtl => ServerBinaries.PathOf(Binaries, "pg_ctl");

    /// <summary>Null if there is none, or it cannot be read as one.</summary>
    public static ClusterState? Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ClusterState>(File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file in one step: a crash leaves the old one or the new one.</summary>
    public void Save(string path)
    {
        var next = StaleFiles.NewPath(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(next, options))
        {
            JsonSerializer.Serialize(file, this);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
