namespace Portal.Postgres;

/// <summary>The checkout that a program of this repository runs from: the nearest folder upwards with <c>Functions.sln</c>.</summary>
public static class Checkout
{
    /// <summary>Of the folder this program was built in. Null: it is not in a checkout.</summary>
    public static string? Find() => Above(AppContext.BaseDirectory);

    /// <exception cref="InvalidOperationException">The program is not in a checkout.</exception>
    public static string Require() =>
        Find() ?? throw new InvalidOperationException($"There is no Functions.sln above {AppContext.BaseDirectory}.");

    internal static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Functions.sln")))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
