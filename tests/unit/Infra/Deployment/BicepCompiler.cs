using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>A test that compiles infra/azure. Skipped where the registry has no compiler for the platform.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BicepFactAttribute : FactAttribute
{
    public BicepFactAttribute() => Skip = BicepCompiler.Missing;
}

/// <inheritdoc cref="BicepFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BicepTheoryAttribute : TheoryAttribute
{
    public BicepTheoryAttribute() => Skip = BicepCompiler.Missing;
}

/// <summary>
/// Bicep's own compiler, from its NuGet package. It works on a copy of infra/azure, since it writes beside its input, and needs neither a
/// network nor a home directory.
/// </summary>
public sealed class BicepCompiler : IDisposable
{
    private static readonly string? Executable = typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .SingleOrDefault(entry => entry.Key == "BicepCompiler")?.Value;

    private readonly string folder = Directory.CreateTempSubdirectory("portal-bicep-").FullName;

    public BicepCompiler()
    {
        foreach (var file in Sources.Files("*bicep*", "infra/azure"))
        {
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(file.Path)), file.Text);
        }
    }

    /// <summary>Why there is no compiler; null where there is one.</summary>
    public static string? Missing => Executable is null
        ? "The registry has Bicep's compiler for Linux on x64 alone (Azure.Bicep.CommandLine.linux-x64), and this is another platform."
        : null;

    /// <summary>The environments: whatever has a parameter file.</summary>
    public static IReadOnlyList<string> Environments { get; } =
        [.. Sources.Files("*.bicepparam", "infra/azure").Select(file => Path.GetFileNameWithoutExtension(file.Path))];

    /// <exception cref="InvalidOperationException">The compiler failed, or had something to say.</exception>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable!, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // It is one file that unpacks itself: under HOME, unless it is told where.
        start.Environment["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = Path.Combine(folder, "unpacked");
        start.Environment["HOME"] = folder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 && error.Length == 0
            ? await output
            : throw new InvalidOperationException($"bicep {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{error}");
    }

    /// <summary>What a deployment with the environment's parameters would make, as far as that can be said without Azure.</summary>
    public async Task<IReadOnlyList<JsonNode>> PredictAsync(string environment)
    {
        await RunAsync(
            "snapshot", $"{environment}.bicepparam", "--mode", "overwrite",
            "--subscription-id", Guid.Empty.ToString(), "--resource-group", "group", "--location", "australiaeast");
        var snapshot = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, $"{environment}.snapshot.json")))!;
        Assert.Empty(snapshot["diagnostics"]!.AsArray());
        return [.. snapshot["predictedResources"]!.AsArray().Select(resource => resource!)];
    }

    /// <summary>What has become of a file.</summary>
    internal string Read(SourceFile file) => File.ReadAllText(Path.Combine(folder, Path.GetFileName(file.Path)));

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
