namespace Portal.Tests.Staging;

/// <summary>Runs the checks that were asked for and prints their report.</summary>
public static class StagingProgram
{
    private const int Held = 0;
    private const int DidNotHold = 1;
    private const int Misused = 2;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, StagingWorld world, CancellationToken ct)
    {
        try
        {
            var arguments = StagingArguments.Parse(args);
            if (arguments.Help)
            {
                await world.Output.WriteAsync(StagingHelp.Text());
                return Held;
            }

            return await RunAsync(arguments, world, ct);
        }
        catch (StagingUsageException missing)
        {
            await world.Errors.WriteLineAsync(missing.Message);
            return Misused;
        }
    }

    private static async Task<int> RunAsync(StagingArguments arguments, StagingWorld world, CancellationToken ct)
    {
        if (StagingMissing.Of(arguments, world).ToList() is { Count: > 0 } missing)
        {
            throw new StagingUsageException(string.Join(Environment.NewLine, missing));
        }

        var people = new StagingPeople(arguments, world);
        var reports = new List<StagingReport>();
        foreach (var check in arguments.Checks)
        {
            await world.Errors.WriteLineAsync($"{check.Name} …");
            reports.Add(await RunAsync(check, arguments, world, people, ct));
        }

        var document = StagingReport.Document(arguments.Base, reports);
        await world.Output.WriteAsync(document);
        if (arguments.Report is { } file)
        {
            await File.WriteAllTextAsync(file, document, CancellationToken.None);
        }

        return reports.TrueForAll(report => report.Holds) ? Held : DidNotHold;
    }

    private static async Task<StagingReport> RunAsync(
        StagingCheck check, StagingArguments arguments, StagingWorld world, StagingPeople people, CancellationToken ct)
    {
        var report = new StagingReport(check, world.Clock.GetUtcNow(), people.Secrets);
        var run = new StagingRun(arguments, world, report, people, ct);
        try
        {
            await check.RunAsync(run);
        }
        catch (StagingStoppedException stopped)
        {
            report.Stop(stopped.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            report.Stop("It was interrupted.");
        }
        catch (Exception unread)
        {
            // What the other checks found in half an hour is not lost over it.
            report.Stop($"An answer could not be read: {unread.GetType().Name}: {unread.Message}");
        }

        await CleanUpAsync(run, report);
        report.End(world.Clock.GetUtcNow());
        return report;
    }

    private static async Task CleanUpAsync(StagingRun run, StagingReport report)
    {
        try
        {
            await run.CleanUpAsync();
        }
        catch (Exception e) when (e is StagingStoppedException or OperationCanceledException)
        {
            report.Note($"Share links of this check live on for a day: {e.Message}");
        }
    }
}
