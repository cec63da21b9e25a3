using System.Diagnostics;
using System.Xml.Linq;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Mutants;

/// <summary>One run of built tests in a process of its own.</summary>
/// <param name="Outcomes">Full name and whether it passed; a theory has one for each of its rows.</param>
/// <param name="Trouble">Why they could not run, or did not end; else null.</param>
public sealed record MutantTestRun(IReadOnlyList<(string Name, bool Passed)> Outcomes, string? Trouble, bool TimedOut)
{
    /// <summary>Those whose name has the given text.</summary>
    public IEnumerable<(string Name, bool Passed)> Of(MutantTests tests) =>
        Outcomes.Where(outcome => outcome.Name.Contains(tests.Name, StringComparison.Ordinal));

    /// <summary>Runs the tests of one project that have one of the names.</summary>
    /// <param name="assembly">The built test assembly.</param>
    public static async Task<MutantTestRun> RunAsync(string assembly, IEnumerable<string> names, string database, TimeSpan limit)
    {
        var folder = Directory.CreateTempSubdirectory("portal-mutant-run-").FullName;
        try
        {
            // Straight to the test host: `dotnet test` of a project would first ask the build for it.
            var filter = string.Join('|', names.Distinct().Select(name => $"FullyQualifiedName~{name}"));
            var run = await MutantProcess.RunAsync(
                Path.GetDirectoryName(assembly)!,
                [
                    "vstest", assembly, $"--TestCaseFilter:{filter}", "--logger:trx;LogFileName=results.trx",
                    $"--ResultsDirectory:{folder}",
                ], limit, database);
            var results = Path.Combine(folder, "results.trx");
            if (run.TimedOut)
            {
                return new([], $"the tests do not end within {limit.TotalMinutes:0} minutes", true);
            }

            // Where no test has the name, there is no file either.
            var outcomes = File.Exists(results) ? Read(XDocument.Load(results)) : [];
            return new(
                outcomes,
                run.ExitCode == 0 || outcomes.Exists(outcome => !outcome.Passed) ? null : $"the tests could not run: {run.Output.Trim()}",
                false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<(string Name, bool Passed)> Read(XDocument results)
    {
        IEnumerable<XElement> All(string name) => results.Descendants().Where(element => element.Name.LocalName == name);
        var names = All("UnitTest").ToDictionary(
            test => (string)test.Attribute("id")!,
            test => test.Elements().Where(element => element.Name.LocalName == "TestMethod")
                .Select(method => $"{(string?)method.Attribute("className")}.{(string?)method.Attribute("name")}").Single());
        return
        [
            .. All("UnitTestResult").Where(result => (string?)result.Attribute("outcome") is "Passed" or "Failed")
                .Select(result => (
                    names[(string)result.Attribute("testId")!], (string?)result.Attribute("outcome") == "Passed")),
        ];
    }
}

/// <summary><c>dotnet</c> with arguments, its output, and an end to it.</summary>
internal static class MutantProcess
{
    public static async Task<(int ExitCode, string Output, bool TimedOut)> RunAsync(
        string directory, IReadOnlyList<string> arguments, TimeSpan limit, string? database = null, string program = "dotnet")
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
            return (process.ExitCode, await output + await errors, false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", true);
        }
    }
}
