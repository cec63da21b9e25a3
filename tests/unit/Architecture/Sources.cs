using Portal.Postgres;

namespace Portal.Tests.Unit.Architecture;

/// <summary>The files of this repository as text.</summary>
internal static class Sources
{
    private static readonly string[] NotOurs = ["bin", "obj", ".git", ".portal", "node_modules", "TestResults"];

    public static string Root { get; } = Checkout.Require();

    /// <summary>Files under the given folders, by paths from the root with forward slashes.</summary>
    public static IReadOnlyList<SourceFile> Files(string pattern, params string[] folders) =>
    [
        .. folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(NotOurs.Contains))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, Read(path))),
    ];

    public static IReadOnlyList<SourceFile> CSharp(params string[] folders) => Files("*.cs", folders);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Has(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

}

internal sealed record SourceFile(string Path, string Text)
{
    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);
}
