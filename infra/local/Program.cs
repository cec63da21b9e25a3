using System.Net.Sockets;
using Npgsql;
using Portal.Host;
using Portal.Host.Worker;
using Portal.Local;
using Portal.Local.Demo;
using Portal.Postgres;
using Portal.Runtime;

// The launcher. Whatever goes wrong is a sentence on standard error: exit code 2 for a wrong command line, 1 for the rest.
var clock = TimeProvider.System;
using var stop = new StopSignal();
var errors = new Screen(Console.Error, clock);
LauncherArguments? arguments = null;
try
{
    arguments = LauncherArguments.Parse(args);
    return arguments.Verb switch
    {
        Verb.Help => Help(),
        Verb.Audit => await AuditVerb.RunAsync(arguments, Console.Out, stop.Token),
        Verb.Erasure => await ErasureVerb.RunAsync(arguments, Console.Out, stop.Token),
        Verb.Evidence => await EvidenceVerb.RunAsync(arguments, Console.Out, stop.Token),
        Verb.Import => await ImportVerb.RunAsync(arguments, errors, Console.Out, clock, stop.Token),
        Verb.Rebuild => await RebuildVerb.RunAsync(arguments, errors, Console.Out, clock, stop.Token),
        Verb.Webhooks => await WebhooksVerb.RunAsync(arguments, Console.Out, errors, clock, stop.Token),
        Verb.Token => await TokenVerb.RunAsync(arguments, errors, clock, stop.Token),
        _ => await RunAsync(arguments),
    };
}
catch (Exception) when (stop.Token.IsCancellationRequested)
{
    // Asked to stop in the middle of something: what it threw on the way out is only that. Who waits for a result did not get it.
    return arguments is { Exit: true } or { Verb: Verb.Token } ? 1 : 0;
}
catch (UsageException exception)
{
    errors.Failed(exception.Message);
    return 2;
}
catch (Exception exception) when (IsExplained(exception))
{
    errors.Failed(exception.Message);
    return 1;
}

static int Help()
{
    Console.WriteLine(LauncherArguments.Usage);
    return 0;
}

async Task<int> RunAsync(LauncherArguments asked)
{
    var screen = new Screen(Console.Out, clock);
    var file = asked.Verb == Verb.Demo ? DemoFile.Check(asked.File) : null;
    var logs = new LogGate();
    await using var portal = await LocalPortal.StartAsync(asked, screen, logs, clock, stop.Token);
    if (file is not null)
    {
        using var browser = new Browser(portal.App, LocalSettings.Text(portal.Vendors.Clerk.Address), clock);
        var succeeded = await new DemoRun(portal, browser, file, screen, clock).RunAsync(stop.Token);
        if (asked.Exit)
        {
            return succeeded ? 0 : 1;
        }
    }

    Hints.Print(portal, screen);
    logs.Open();
    await portal.WaitAsync(stop.Token);
    return 0;
}

static bool IsExplained(Exception exception) => exception
    is AzuriteException or WorkerExitedException or LauncherException or PostgresStartException or MigrationException
    or FunctionsHostStartException
    or NpgsqlException or SocketException or IOException or UnauthorizedAccessException or HttpRequestException or TimeoutException;
