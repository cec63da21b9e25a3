using System.Diagnostics;
using Portal.Postgres;
using Portal.Tests.Support.Statements;

namespace Portal.Tests.Soak.Statements;

/// <summary>
/// Runs the integration tests while each SQL statement, and each database function that one calls, is also run with small changes, which
/// are undone. What did the same as the original in every test, no test can notice: it is printed, by file.
/// </summary>
public static class StatementsSoak
{
    // Those that run everything and look at hardly a row of it would tell apart what nobody checks.
    private static readonly string[] LeftOut =
        [".Infra.", "BrowserTests", "MailScreensTests", "FuzzTests", "ConformanceTests", "MatrixTests.Every"];

    public static async Task<int> RunAsync(SoakArguments args)
    {
        if (args.Text("--read") is { } read)
        {
            Print(read);
            return 0;
        }

        var folder = args.Text("--log") ?? Directory.CreateTempSubdirectory("portal-statements-").FullName;
        Directory.CreateDirectory(folder);
        var filter = args.Text("--tests") is { } tests
            ? string.Join('|', tests.Split(',').Select(name => $"FullyQualifiedName~{name}"))
            : string.Join('&', LeftOut.Select(name => $"FullyQualifiedName!~{name}"));
        var code = await TestAsync(folder, filter);
        Print(folder);

        // Tests that look at how statements are run may fail of it; what was learned until then counts.
        Console.WriteLine($"statements: the tests ended with {code}; `statements --read {folder}` prints this again");
        return 0;
    }

    private static async Task<int> TestAsync(string folder, string filter)
    {
        var start = new ProcessStartInfo("dotnet", ["test", "tests/integration", "-c", "Release", "--filter", filter])
        {
            WorkingDirectory = Checkout.Require(),
        };
        start.Environment["PORTAL_STATEMENTS"] = folder;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static void Print(string folder)
    {
        var findings = new StatementFindings(StatementLog.Read(folder));
        foreach (var file in findings.Left.GroupBy(finding => finding.File).OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"## {file.Key}");
            foreach (var finding in file)
            {
                Console.WriteLine($"  {finding.Kind}: {finding.Before}«{finding.Replaced}»{finding.After} => {finding.Replacement}");
            }
        }

        Console.WriteLine($"statements: {findings.Told} changes told apart, {findings.Left.Count} left, of {findings.Statements} statements");
    }
}
