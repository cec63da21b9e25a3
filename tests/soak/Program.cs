using Portal.Tests.Soak;
using Portal.Tests.Soak.Engine;
using Portal.Tests.Soak.Erasures;
using Portal.Tests.Soak.Mutants;
using Portal.Tests.Soak.Statements;

// dotnet run -c Release --project tests/soak -- <name> [options]: what the tests do small, at full count. Exit code 1: something broke.
// `app` and `engine-worker` are not for people: they are the portal and an engine as processes, which the programs start and kill.
var programs = new Dictionary<string, (string Does, Func<SoakArguments, Task<int>> Run)>(StringComparer.OrdinalIgnoreCase)
{
    ["kills"] = ("[--count 300] [--seed n] [--hurry]: the app killed with kill -9 at random points of its uploads", KillsSoak.RunAsync),
    ["engine"] = (
        "[--kills 1000] [--seed n] [--workers 3] [--in-flight 120]: engine processes killed under a mixed load, Postgres restarted",
        EngineSoak.RunAsync),
    ["erasures"] = (
        "[--kills 100] [--tenant-every 5] [--seed n]: the app killed with kill -9 while people, guests and whole tenants are erased; each "
            + "once, and nobody else",
        ErasuresSoak.RunAsync),
    ["events"] = (
        "[--events 10000] [--kills 60] [--seed n] [--rate 10]: the app killed and its vendors failing while people act; every effect "
            + "once, in order", EventsSoak.RunAsync),
    ["changes"] = (
        "[--events 10000] [--writers 8] [--restarts 3] [--seed n]: writers race, two readers break off and come back; each event once, in "
            + "order", ChangesSoak.RunAsync),
    ["objectives"] = (
        "[--minutes 1440] [--rate 600] [--seed n]: a day of requests with faults; budgets and pages told again from a log of every request",
        ObjectivesSoak.RunAsync),
    ["fuzz"] = ("[--count 20000] [--seed n]: hostile requests for every operation of the OpenAPI document", FuzzSoak.RunAsync),
    ["azure"] = (
        "[--uploads 60] [--kills 10] [--seed n]: the published app on Microsoft's engine, its worker killed, webhooks twice, shuffled or "
            + "never", AzureSoak.RunAsync),
    ["mutants"] = (
        "[--only <area or part of a name>,…] [--together n] [--area] [--copy <folder>] [--sample <count> --seed n]: each mutant of "
            + "tests/mutants applied to a copy; the tests that it names must notice",
        MutantsSoak.RunAsync),
    ["statements"] = (
        "[--tests <part of a name>,…] [--log <folder>] [--read <folder>]: every SQL statement of the integration tests also run changed; "
            + "prints the changes that no test tells apart", StatementsSoak.RunAsync),
    ["openapi"] = ("prints the OpenAPI document", OpenApiPrint.RunAsync),
};

if (args is ["app", .. var settings])
{
    return await AppVerb.RunAsync(new SoakArguments(settings));
}

if (args is ["engine-worker", .. var engine])
{
    return await EngineWorkerVerb.RunAsync(new SoakArguments(engine));
}

if (args is [var name, .. var rest] && programs.TryGetValue(name, out var program))
{
    return await program.Run(new SoakArguments(rest));
}

foreach (var (known, (does, _)) in programs)
{
    Console.WriteLine($"{known} {does}");
}

return args is ["list"] ? 0 : 2;
