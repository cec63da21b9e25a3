using System.Diagnostics;
using System.Xml.Linq;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Mutants;

/// <summary>What became of a mutant.</summary>
/// <param name="By">The test that noticed; else why none did.</param>
public sealed record MutantVerdict(bool Killed, string By);

/// <summary>
/// A copy of the checkout below the system's temporary folder, built once, in which one mutant at a time is applied, built and tested.
/// Its tests share one Postgres. Disposing of it deletes it.
/// </summary>
public sealed class MutantCopy : IAsyncDisposable
{
    private const int TimedOut = -1;

    private static readonly string[] Projects = ["unit", "integration"];

    // A mutant that makes tests wait for what never comes is noticed too.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly string folder;
    private readonly PostgresServer server;

    private MutantCopy(string folder, PostgresServer server)
    {
        this.folder = folder;
        this.server = server;
    }

    /// <exception cref="InvalidOperationException">The checkout does not build.</exception>
    public static async Task<MutantCopy> MakeAsync(string checkout)
    {
        var folder = Directory.CreateTempSubdirectory("portal-mutants-").FullName;
        var files = await RunAsync(checkout, "git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], Limit);
        foreach (var file in files.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var from = Path.Combine(checkout, file);
            if (File.Exists(from))
            {
                var to = Path.Combine(folder, file);
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to);
            }
        }

        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Name = $"test/mutants-{Environment.ProcessId}",
            Durable = false,
            Throwaway = true,
            TimeZone = "Pacific/Tongatapu",
            MaxConnections = 300,
        });
        var copy = new MutantCopy(folder, server);
        foreach (var project in Projects)
        {
            if (await copy.BuildAsync(project, restore: true) is { } error)
            {
                await copy.DisposeAsync();
                throw new InvalidOperationException($"tests/{project} does not build: {error}");
            }
        }

        return copy;
    }

    /// <summary>Applies it, runs its tests and its area's, and takes it back.</summary>
    public async Task<MutantVerdict> TryAsync(Mutant mutant)
    {
        var path = Path.Combine(folder, mutant.File);
        var original = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, mutant.Apply(original));
        try
        {
            return await TestAsync(mutant);
        }
        finally
        {
            await File.WriteAllTextAsync(path, original);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<MutantVerdict> TestAsync(Mutant mutant)
    {
        var built = new HashSet<string>();
        var area = Projects.Select(project => new MutantTests(project, $".{mutant.Area}."));
        foreach (var tests in mutant.Tests.Concat(area))
        {
            if (built.Add(tests.Project) && await BuildAsync(tests.Project, restore: false) is { } error)
            {
                return new(false, $"it does not compile: {error}");
            }

            var (ran, failed) = await TestAsync(tests);
            if (failed is not null)
            {
                return new(true, failed);
            }

            if (ran == 0 && mutant.Tests.Contains(tests))
            {
                return new(false, $"there is no test in tests/{tests.Project} whose name has \"{tests.Name}\"");
            }
        }

        return new(false, mutant.Rule);
    }

    /// <returns>The first error, or null.</returns>
    private async Task<string?> BuildAsync(string project, bool restore)
    {
        string[] options =
        [
            "build", $"tests/{project}", "-c", "Debug", "-v", "q", "-nologo", "-clp:NoSummary", "-p:RunAnalyzers=false",
            "-p:TreatWarningsAsErrors=false", .. restore ? Array.Empty<string>() : ["--no-restore"],
        ];
        var run = await RunAsync(folder, "dotnet", options, TimeSpan.FromMinutes(20));
        return run.ExitCode == 0
            ? null
            : run.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal))
                ?? $"exit code {run.ExitCode}";
    }

    /// <returns>How many ran, and the first that failed.</returns>
    private async Task<(int Ran, string? Failed)> TestAsync(MutantTests tests)
    {
        var results = Path.Combine(folder, "results.trx");
        File.Delete(results);
        var run = await RunAsync(folder, "dotnet",
            [
                "test", $"tests/{tests.Project}", "-c", "Debug", "--no-build", "--filter", $"FullyQualifiedName~{tests.Name}",
                "--logger", $"trx;LogFileName={results}",
            ], Limit, server.ConnectionString);
        if (run.ExitCode == TimedOut)
        {
            return (1, $"the tests do not end within {Limit.TotalMinutes:0} minutes");
        }

        // No test was found: no file is written.
        if (!File.Exists(results))
        {
            return run.ExitCode == 0 ? (0, null) : (1, "the tests could not run");
        }

        var ran = XDocument.Load(results).Descendants().Where(element => element.Name.LocalName == "UnitTestResult").ToList();
        var failed = ran.FirstOrDefault(result => (string?)result.Attribute("outcome") == "Failed");
        return (ran.Count, (string?)failed?.Attribute("testName"));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(
        string directory, string program, IReadOnlyList<string> arguments, TimeSpan limit, string? database = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (database is not null)
        {
            start.Environment["PORTAL_DATABASE"] = database;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limited = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(limited.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (TimedOut, "");
        }
    }
}
