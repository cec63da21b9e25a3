namespace Portal.Postgres;

/// <summary>
/// Names for what is only there while something is made or deleted. A kill leaves such things behind, and perhaps a program that
/// still writes into one of them (initdb lives on without us): so every try has a name of its own, and the next start sweeps.
/// </summary>
internal static class Leftovers
{
    private const string Prefix = "tmp-";

    public static string NewPath(string folder) => Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}");

    /// <summary>Deletes what earlier tries left. What is still being written to stays for the next time.</summary>
    public static void Sweep(string folder)
    {
        foreach (var path in Directory.GetFiles(folder, Prefix + "*"))
        {
            File.Delete(path);
        }

        foreach (var path in Directory.GetDirectories(folder, Prefix + "*"))
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // Somebody writes into it: its name is in nobody's way.
            }
        }
    }

    public static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
