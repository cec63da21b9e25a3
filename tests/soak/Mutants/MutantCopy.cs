using System.Xml.Linq;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Mutants;

/// <summary>
/// A copy of the checkout, built once, in which one mutant at a time, or a few, are applied and tested. Only the project that a mutant
/// changes is compiled, and its assembly put beside the tests, which share one Postgres. Disposing of it deletes it, unless it is to be
/// kept.
/// </summary>
public sealed class MutantCopy : IAsyncDisposable
{
    private const string Output = "bin/Debug/net10.0";

    private static readonly string[] Projects = ["unit", "integration"];

    // A mutant that makes tests wait for what never comes is noticed too.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan LongLimit = TimeSpan.FromMinutes(40);

    private readonly Dictionary<string, MutantTestRun> unchanged = [];
    private readonly string folder;
    private readonly bool isKept;
    private readonly PostgresServer server;

    private MutantCopy(string folder, bool isKept, PostgresServer server)
    {
        this.folder = folder;
        this.isKept = isKept;
        this.server = server;
    }

    /// <param name="kept">Where the copy is kept, so that the next run builds only what has changed since; null: nowhere.</param>
    /// <exception cref="InvalidOperationException">The checkout does not build.</exception>
    public static async Task<MutantCopy> MakeAsync(string checkout, string? kept)
    {
        var folder = kept is null ? Directory.CreateTempSubdirectory("portal-mutants-").FullName : Path.GetFullPath(kept);
        await BringAsync(checkout, folder);
        var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Name = $"test/mutants-{Environment.ProcessId}",
            Durable = false,
            Throwaway = true,
            TimeZone = "Pacific/Tongatapu",
            MaxConnections = 600,
        });
        var copy = new MutantCopy(folder, kept is not null, server);
        if (await copy.BuildTestsAsync(restore: true) is { } error)
        {
            await copy.DisposeAsync();
            throw new InvalidOperationException(error);
        }

        return copy;
    }

    /// <summary>
    /// Runs all the tests that the mutants name, with nothing changed: a test that fails without a mutant says nothing about it.
    /// </summary>
    public async Task RunUnchangedAsync(IReadOnlyCollection<Mutant> mutants)
    {
        foreach (var named in mutants.SelectMany(mutant => mutant.Tests).GroupBy(tests => tests.Project))
        {
            unchanged[named.Key] = await RunAsync(named.Key, named.Select(tests => tests.Name), LongLimit);
        }
    }

    /// <inheritdoc cref="Mutant.ChangesConstant"/>
    public bool ChangesConstant(Mutant mutant) => mutant.ChangesConstant(File.ReadAllText(Path.Combine(folder, mutant.File)));

    /// <summary>Applies it, runs the tests that it names, and takes it back.</summary>
    /// <param name="area">Whether its area's tests run when the named ones did not notice, to find one that does.</param>
    public async Task<MutantVerdict> TryAsync(Mutant mutant, bool area)
    {
        if (Refusal(mutant) is { } refusal)
        {
            return new(MutantOutcome.Refused, refusal);
        }

        return await WithAsync([mutant], async error =>
            error is null ? await TestAsync(mutant, area) : new MutantVerdict(MutantOutcome.Refused, $"it does not compile: {error}"));
    }

    /// <summary>Applies several of one group (<see cref="MutantGroups"/>), runs the tests that they name, and takes them back.</summary>
    /// <returns>Those that a test noticed which they alone name, each with that test. Nothing is said of the others.</returns>
    public Task<Dictionary<Mutant, string>> TryTogetherAsync(IReadOnlyList<Mutant> mutants)
    {
        var able = mutants.Where(mutant => Refusal(mutant) is null).ToList();
        return WithAsync(able, async error =>
        {
            var noticed = new Dictionary<Mutant, string>();
            if (error is not null)
            {
                return noticed;
            }

            var runs = await Task.WhenAll(able.SelectMany(mutant => mutant.Tests).GroupBy(tests => tests.Project).Select(
                async named => (Project: named.Key, Run: await RunAsync(named.Key, named.Select(tests => tests.Name), Limit))));
            foreach (var (project, run) in runs)
            {
                var failed = run with { Outcomes = [.. run.Outcomes.Where(outcome => !outcome.Passed)] };
                foreach (var mutant in able)
                {
                    var tests = mutant.Tests.Where(tests => tests.Project == project);
                    if (tests.SelectMany(failed.Of).FirstOrDefault().Name is { } test)
                    {
                        noticed.TryAdd(mutant, test);
                    }
                }
            }

            return noticed;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        if (!isKept)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes the folder's files those of the checkout. Those that are alike are left alone: their time says that they are built.
    /// </summary>
    private static async Task BringAsync(string checkout, string folder)
    {
        var listed = await MutantProcess.RunAsync(
            checkout, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], Limit, program: "git");
        var files = listed.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(file => File.Exists(Path.Combine(checkout, file))).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var (from, to) = (Path.Combine(checkout, file), Path.Combine(folder, file));
            var (wanted, present) = (await File.ReadAllBytesAsync(from), File.Exists(to) ? await File.ReadAllBytesAsync(to) : null);
            if (!wanted.AsSpan().SequenceEqual(present))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to, overwrite: true);
                File.SetLastWriteTimeUtc(to, TimeProvider.System.GetUtcNow().UtcDateTime);
            }
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(file => !files.Contains(file) && !file.Split('/').Any(part => part is "bin" or "obj")).ToList())
        {
            File.Delete(Path.Combine(folder, file));
        }
    }

    /// <summary>Why nothing can be said of it; null: its tests are there, and pass without it.</summary>
    private string? Refusal(Mutant mutant)
    {
        foreach (var tests in mutant.Tests)
        {
            var run = unchanged[tests.Project];
            var known = run.Of(tests).ToList();
            if (run.Trouble is { } trouble)
            {
                return $"without it, {trouble}";
            }

            if (known.Count == 0)
            {
                return $"there is no test in tests/{tests.Project} whose name has \"{tests.Name}\"";
            }

            if (known.Find(outcome => !outcome.Passed) is { Name: { } fails })
            {
                return $"{fails} fails without it";
            }
        }

        return null;
    }

    /// <summary>The mutants are applied, each in a file of its own, while <paramref name="work"/> is done.</summary>
    /// <param name="work">Gets the first error of the compiler, or null.</param>
    private async Task<T> WithAsync<T>(IReadOnlyList<Mutant> mutants, Func<string?, Task<T>> work)
    {
        var originals = new Dictionary<string, string>();
        var changed = mutants.Select(mutant => new ChangedProject(folder, mutant.File)).DistinctBy(project => project.File).ToList();
        try
        {
            foreach (var mutant in mutants)
            {
                var path = Path.Combine(folder, mutant.File);
                originals[path] = await File.ReadAllTextAsync(path);
                await File.WriteAllTextAsync(path, mutant.Apply(originals[path]));
            }

            string? error = null;
            foreach (var project in changed)
            {
                error = await BuildAsync(project);

                // What shows outside has had everything built anew, with all of the mutants.
                if (error is not null || project.ShowsOutside)
                {
                    break;
                }
            }

            return await work(error);
        }
        finally
        {
            foreach (var (path, original) in originals)
            {
                await File.WriteAllTextAsync(path, original);
            }

            await TakeBackAsync(changed);
        }
    }

    private async Task<MutantVerdict> TestAsync(Mutant mutant, bool area)
    {
        foreach (var named in mutant.Tests.GroupBy(tests => tests.Project))
        {
            var run = await RunAsync(named.Key, named.Select(tests => tests.Name), Limit);
            if (run.Outcomes.FirstOrDefault(outcome => !outcome.Passed).Name is { } failed)
            {
                return new(MutantOutcome.Killed, failed);
            }

            if (run.Trouble is { } trouble)
            {
                return new(run.TimedOut ? MutantOutcome.Killed : MutantOutcome.Refused, trouble);
            }

            // Tests that did not run have noticed nothing, and missed nothing.
            if (named.FirstOrDefault(tests => run.Of(tests).Count() < unchanged[named.Key].Of(tests).Count()) is { } missing)
            {
                return new(MutantOutcome.Refused, $"not all tests of \"{missing.Name}\" ran");
            }
        }

        foreach (var project in area ? Projects : [])
        {
            var run = await RunAsync(project, [$".{mutant.Area}."], LongLimit);
            if (run.Outcomes.FirstOrDefault(outcome => !outcome.Passed).Name is { } failed)
            {
                return new(MutantOutcome.Survived, $"the tests it names; in its area failed {failed}");
            }
        }

        return new(MutantOutcome.Survived, $"the tests it names: {mutant.Rule}");
    }

    private Task<MutantTestRun> RunAsync(string project, IEnumerable<string> names, TimeSpan limit)
    {
        var assembly = $"Portal.Tests.{char.ToUpperInvariant(project[0])}{project[1..]}.dll";
        return MutantTestRun.RunAsync(Path.Combine(folder, "tests", project, Output, assembly), names, server.ConnectionString, limit);
    }

    /// <summary>Compiles the project and puts its assembly beside the tests.</summary>
    /// <returns>The first error, or null.</returns>
    private async Task<string?> BuildAsync(ChangedProject project)
    {
        if (project.File is null)
        {
            project.ShowsOutside = true;
            return await BuildTestsAsync(restore: false);
        }

        var error = await DotnetAsync(
            "msbuild", project.File, "-t:PrepareResources;Compile", "-p:BuildProjectReferences=false");
        if (error is not null)
        {
            return error;
        }

        // Constants are compiled into whoever uses them, so a change that shows outside is built into everything.
        if (AssemblySurface.Of(project.Assembly(project.Built)) != AssemblySurface.Of(project.Assembly(project.Compiled)))
        {
            project.ShowsOutside = true;
            return await BuildTestsAsync(restore: false);
        }

        project.CopyTo(Projects.Select(tests => Path.Combine(folder, "tests", tests, Output)), project.Compiled);
        return null;
    }

    private async Task TakeBackAsync(IReadOnlyList<ChangedProject> projects)
    {
        if (projects.Any(project => project.ShowsOutside))
        {
            if (await BuildTestsAsync(restore: false) is { } error)
            {
                throw new InvalidOperationException(error);
            }

            return;
        }

        foreach (var project in projects)
        {
            project.CopyTo(Projects.Select(tests => Path.Combine(folder, "tests", tests, Output)), project.Built);
        }
    }

    private async Task<string?> BuildTestsAsync(bool restore)
    {
        foreach (var project in Projects)
        {
            var options = restore ? Array.Empty<string>() : ["--no-restore"];
            if (await DotnetAsync(["build", $"tests/{project}", "-c", "Debug", .. options]) is { } error)
            {
                return $"tests/{project} does not build: {error}";
            }
        }

        return null;
    }

    private async Task<string?> DotnetAsync(params string[] arguments)
    {
        string[] options =
        [
            "-v:q", "-nologo", "-clp:NoSummary", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:UseSharedCompilation=true",
        ];
        var run = await MutantProcess.RunAsync(folder, [.. arguments, .. options], LongLimit);
        return run.ExitCode == 0
            ? null
            : run.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal))
                ?? $"exit code {run.ExitCode}";
    }

    /// <summary>The project that a file belongs to: the next project file above it, if any.</summary>
    private sealed class ChangedProject
    {
        private readonly string name;
        private readonly string directory;

        public ChangedProject(string root, string file)
        {
            directory = Path.GetDirectoryName(Path.Combine(root, file))!;
            while (directory != root && Directory.GetFiles(directory, "*.csproj") is [])
            {
                directory = Path.GetDirectoryName(directory)!;
            }

            File = Directory.GetFiles(directory, "*.csproj").SingleOrDefault();
            name = File is null
                ? ""
                : XDocument.Load(File).Descendants("AssemblyName").SingleOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(File);
        }

        public string? File { get; }

        public bool ShowsOutside { get; set; }

        public string Compiled => Path.Combine(directory, "obj/Debug/net10.0");

        public string Built => Path.Combine(directory, Output);

        public string Assembly(string from) => Path.Combine(from, $"{name}.dll");

        public void CopyTo(IEnumerable<string> folders, string from)
        {
            foreach (var folder in folders)
            {
                foreach (var file in new[] { $"{name}.dll", $"{name}.pdb" })
                {
                    // A file of its own: a process of the run before may still read the one that is there.
                    System.IO.File.Delete(Path.Combine(folder, file));
                    System.IO.File.Copy(Path.Combine(from, file), Path.Combine(folder, file));
                }
            }
        }
    }
}
