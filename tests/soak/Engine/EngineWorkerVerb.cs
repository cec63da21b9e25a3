using System.Runtime.InteropServices;
using Dapper;
using Grpc.Core;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Runtime.Durable;

namespace Portal.Tests.Soak.Engine;

/// <summary>
/// An engine as a process: <c>engine-worker --database "connection string" --lease-ms n --poll-ms n --drain-ms n</c>. Says <c>ready</c>,
/// waits for a line on standard input, says <c>running</c>, and starts and signals what <c>soak.todo</c> names. Stops gracefully at
/// SIGTERM and when its standard input ends.
/// </summary>
public static class EngineWorkerVerb
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _ = stop.CancelAsync();
        });
        using var loggers = LoggerFactory.Create(
            logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole(console => console.SingleLine = true));
        await using var rows = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(
                args.Required("--database"))
            { ApplicationName = "soak", MaxPoolSize = 20, MaxAutoPrepare = 10 });
        await using var engine = await CreateAsync(args, new EngineWorkload(rows), loggers);
        Console.WriteLine("ready");
        if (await Console.In.ReadLineAsync(stop.Token) is null)
        {
            return 0;
        }

        await PatientlyAsync(() => engine.StartAsync(stop.Token), stop.Token);
        Console.WriteLine("running");
        await Task.WhenAll(StopWhenOrphanedAsync(stop), PumpAsync(engine, rows, stop.Token), PumpAsync(engine, rows, stop.Token));
        return 0;
    }

    private static async Task StopWhenOrphanedAsync(CancellationTokenSource stop)
    {
        // Console.In reads blocking; the stream reads on a thread of its own, and cannot be interrupted.
        var orphaned = Console.OpenStandardInput().CopyToAsync(Stream.Null);
        await Task.WhenAny(orphaned, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token));
        await stop.CancelAsync();
    }

    private static async Task<DurableEngine> CreateAsync(SoakArguments args, EngineWorkload workload, ILoggerFactory loggers)
    {
        DurableEngine? engine = null;
        await PatientlyAsync(
            async () => engine = await DurableEngine.CreateAsync(
                new()
                {
                    ConnectionString = args.Required("--database"),
                    LeaseDuration = TimeSpan.FromMilliseconds(args.Number("--lease-ms", 15_000)),
                    PollInterval = TimeSpan.FromMilliseconds(args.Number("--poll-ms", 5_000)),
                    DrainLimit = TimeSpan.FromMilliseconds(args.Number("--drain-ms", 5_000)),
                },
                workload,
                loggers),
            CancellationToken.None);
        return engine!;
    }

    /// <summary>Starts what nobody has started and raises events; killed at any point, another process does it again.</summary>
    private static async Task PumpAsync(DurableEngine engine, NpgsqlDataSource rows, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var connection = await rows.OpenConnectionAsync(ct);
                var todo = (
                    await connection.QueryAsync<Todo>(
                        "select id, kind, state from soak.todo where state < 2 order by random() limit 5")).AsList();
                foreach (var (id, kind, state) in todo)
                {
                    if (state == 0)
                    {
                        await EngineWorkload.StartAsync(engine.Client, kind, id, ct);
                    }
                    else
                    {
                        await RaiseAsync(engine.Client, id, ct);
                    }

                    var next = kind == EngineWorkload.Event && state == 0 ? 1 : 2;
                    await connection.ExecuteAsync("update soak.todo set state = greatest(state, @next) where id = @id", new { id, next });
                }

                if (todo.Count == 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, ct);
                }
            }
            catch (Exception exception) when (IsTrouble(exception))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private static async Task RaiseAsync(DurableTaskClient client, string id, CancellationToken ct)
    {
        try
        {
            await client.RaiseEventAsync(id, "Go", "go", ct);
        }
        catch (RpcException over) when (over.StatusCode == StatusCode.FailedPrecondition)
        {
            // Someone who was killed before saying so has raised it, and the instance has ended.
        }
    }

    /// <summary>Until it works, for as long as the database may be away.</summary>
    private static async Task PatientlyAsync(Func<Task> call, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (NpgsqlException) when (!ct.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }
        }
    }

    private static bool IsTrouble(Exception exception) =>
        exception is NpgsqlException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException
            or RpcException { StatusCode: StatusCode.Unavailable };

    private sealed record Todo(string Id, string Kind, int State);
}
