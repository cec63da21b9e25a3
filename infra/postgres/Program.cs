using System.Runtime.InteropServices;
using Npgsql;

namespace Portal.Postgres;

/// <summary>The command for production, CI and people. What is asked for goes to standard output, all else to standard error.</summary>
internal static class Program
{
    private const string Usage = """
        dotnet run --project infra/postgres -- <verb> [options]

          migrate --database <connection string>    brings a database's schema up to date (a direct connection or a pooler's)
          schema [--database <connection string>]   prints the schema that the migrations make on a fresh, temporary database
          freeze --database <connection string>     ends with 3 and says why when changes are frozen, else with 0
          serve                                     runs the local server and prints its connection string, until Ctrl+C

          --database   Host=…;Database=… or postgres://…; else PORTAL_DATABASE; `schema` can also make a server of its own
          --state      where the local server keeps its files (default: .portal in the checkout)
          --name       which local server (default: postgres)
          --fresh      starts with an empty local server
          --fast       for data that nobody misses: no fsync
          --throwaway  deletes it at the end, however that comes (with --fast; give it a --name of its own)
        """;

    /// <summary>Exit code that infra/azure/deploy tells from a failure.</summary>
    private const int Frozen = 3;

    private static async Task<int> Main(string[] args)
    {
        try
        {
            using var stop = new CancellationTokenSource();
            return await RunAsync(Arguments.Parse(args), stop);
        }
        catch (Exception exception) when (exception is PostgresStartException or MigrationException or NpgsqlException
            or ArgumentException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(Arguments arguments, CancellationTokenSource stop)
    {
        switch (arguments.Verb)
        {
            case "migrate":
                var count = await Migrator.ApplyAsync(Database(arguments), stop.Token);
                await Console.Error.WriteLineAsync(count == 0 ? "Nothing to do." : $"Applied {count}.");
                return 0;
            case "freeze":
                if (await ChangeFreezeQuery.ReadAsync(Database(arguments), stop.Token) is { } frozen)
                {
                    await Console.Error.WriteLineAsync(frozen);
                    return Frozen;
                }

                return 0;
            case "schema":
                // Roles belong to a whole server, so one with a past would show what these migrations did not make.
                var clean = arguments.Options with { Name = $"test/schema-{Environment.ProcessId}", Durable = false, Throwaway = true };
                await using (var server = await PostgresServer.StartAsync(clean, new ToStandardError(), stop.Token))
                {
                    Console.Write(await SchemaDump.OfFreshDatabaseAsync(server.ConnectionString, stop.Token));
                }

                return 0;
            case "serve":
                await ServeAsync(arguments.Options, stop);
                return 0;
            default:
                await Console.Error.WriteLineAsync(Usage);
                return arguments.Verb is "help" ? 0 : 2;
        }
    }

    private static string Database(Arguments arguments) => DatabaseAddress.Parse(
        arguments.Database ?? Environment.GetEnvironmentVariable(PostgresServerOptions.DatabaseVariable)
            ?? throw new ArgumentException("Which database? Give --database or PORTAL_DATABASE."));

    private static async Task ServeAsync(PostgresServerOptions options, CancellationTokenSource stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var server = await PostgresServer.StartAsync(options, new ToStandardError(), stop.Token);
            await Console.Error.WriteLineAsync(server.Origin);
            Console.WriteLine(server.ConnectionString);
            await stopped.Task;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the server was up.");
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
            stopped.TrySetResult();
        }
    }

    private sealed record Arguments(string Verb, string? Database, PostgresServerOptions Options)
    {
        public static Arguments Parse(string[] args)
        {
            var verb = args.FirstOrDefault() ?? "";
            string? database = null;
            var options = new PostgresServerOptions();
            for (var index = 1; index < args.Length; index++)
            {
                options = args[index] switch
                {
                    "--database" => options with { ConnectionString = database = Value() },
                    "--state" => options with { StateFolder = Value() },
                    "--name" => options with { Name = Value() },
                    "--fresh" => options with { Fresh = true },
                    "--throwaway" => options with { Durable = false, Throwaway = true },
                    "--fast" => options with { Durable = false },
                    var unknown => throw new ArgumentException($"{unknown} is not an option.\n{Usage}"),
                };

                string Value() => ++index < args.Length ? args[index] : throw new ArgumentException($"{args[index - 1]} needs a value.");
            }

            return new Arguments(verb, database, options);
        }
    }

    /// <summary>In the order it is said: the framework's own Progress posts to the thread pool.</summary>
    private sealed class ToStandardError : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
