using System.Collections.Concurrent;
using Portal.Postgres;

namespace Portal.Tests.Unit.Architecture;

/// <summary>The files of this repository as text.</summary>
internal static class Sources
{
    // Many tests look at the same few pages, one for each thing that must stand there.
    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    private static readonly string[] NotOurs = ["bin", "obj", ".git", ".portal", "node_modules", "TestResults"];

    public static string Root { get; } = Checkout.Require();

    /// <summary>Files under the given folders, by paths from the root with forward slashes.</summary>
    public static IReadOnlyList<SourceFile> Files(string pattern, params string[] folders) =>
    [
        .. folders.SelectMany(folder => Below(Path.Combine(Root, folder), pattern))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, Read(path))),
    ];

    public static IReadOnlyList<SourceFile> CSharp(params string[] folders) => Files("*.cs", folders);

    public static string Read(string path) => Texts.GetOrAdd(path, static path => File.ReadAllText(Path.Combine(Root, path)));

    public static bool Has(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    /// <summary>What a link of a page leads to, from the root.</summary>
    public static string FromPage(string page, string link) =>
        Path.GetRelativePath(Root, Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(page)!, link))).Replace('\\', '/');

    /// <summary>The app's settings as <c>Section:Name</c>, off the options classes.</summary>
    public static IEnumerable<string> Settings => typeof(PortalRegistrations).Assembly.GetTypes()
        .Where(type => type.GetField("Section")?.IsLiteral == true)
        .SelectMany(type => type.GetProperties().Where(property => property.CanWrite)
            .Select(property => $"{type.GetField("Section")!.GetRawConstantValue()}:{property.Name}"));

    // Folders that are not ours are large, and not entered.
    private static IEnumerable<string> Below(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern).Concat(
        Directory.EnumerateDirectories(folder).Where(inner => !NotOurs.Contains(Path.GetFileName(inner)))
            .SelectMany(inner => Below(inner, pattern)));
}

internal sealed record SourceFile(string Path, string Text)
{
    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);
}
