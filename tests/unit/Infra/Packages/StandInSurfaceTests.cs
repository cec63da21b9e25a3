using System.Reflection;

namespace Portal.Tests.Unit.Infra.Packages;

/// <summary>
/// A stand-in is a strict subset of its package: what it adds would compile here and break with <c>-p:VendorSdks=nuget</c>. Each
/// surface.txt lists what the real types have; with the real packages the same test finds out whether the list is still true.
/// </summary>
public sealed class StandInSurfaceTests
{
    private static readonly string Surfaces = Path.Combine(AppContext.BaseDirectory, "surface");

    public static TheoryData<string> Packages => [.. Described()];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Stand_in_shows_nothing_that_its_package_lacks(string package)
    {
        var (assembly, listed) = Load(package);
        var visible = DocumentationId.VisibleIn(assembly).ToHashSet();

        var unknown = (IsStandIn(assembly) ? visible.Except(listed) : listed.Except(visible)).Order().ToList();

        Assert.True(unknown.Count == 0, $"{assembly.GetName().Name} and {package}/surface.txt differ:\n{string.Join('\n', unknown)}");
        Assert.Contains(visible, id => listed.Contains(id));
    }

    [Fact]
    public void Every_stand_in_has_its_surface_beside_it()
    {
        var described = Described().Select(package => Load(package).Assembly.GetName().Name).ToHashSet();

        var undescribed = LocalAssemblies().Where(IsStandIn).Select(assembly => assembly.GetName().Name)
            .Where(name => !described.Contains(name));

        Assert.Empty(undescribed);
    }

    private static IEnumerable<string> Described() => Directory.GetFiles(Surfaces, "surface.txt", SearchOption.AllDirectories)
        .Select(path => Path.GetFileName(Path.GetDirectoryName(path)!))
        .Order();

    // The first line names the assembly, which is not always called as its package is.
    private static (Assembly Assembly, HashSet<string> Listed) Load(string package)
    {
        var lines = File.ReadAllLines(Path.Combine(Surfaces, package, "surface.txt"));
        return (Assembly.Load(lines[0].Split(' ')[1]), [.. lines.Skip(1)]);
    }

    private static bool IsStandIn(Assembly assembly) =>
        assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(entry => entry is { Key: "StandIn", Value: "true" });

    private static IEnumerable<Assembly> LocalAssemblies() => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(path => path.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal))
        .Select(path => Assembly.Load(Path.GetFileNameWithoutExtension(path)));
}
