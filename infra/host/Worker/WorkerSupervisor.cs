using Microsoft.Extensions.Logging;

namespace Portal.Host.Worker;

/// <summary>A worker that has loaded the app.</summary>
internal sealed record RunningWorker(WorkerProcess Process, WorkerChannel Channel, IReadOnlyList<AppFunction> Functions);

/// <summary>
/// Keeps one worker process running: starts it, and starts another when it ends. Who needs it waits for <see cref="ReadyAsync"/>.
/// After three ends in a row without a successful start, it gives up and says why.
/// </summary>
internal sealed partial class WorkerSupervisor(
    AppHostOptions options, Uri rpc, WorkerChannels channels, ILoggerFactory loggers) : IAsyncDisposable
{
    private const int MaxFailedStarts = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger = loggers.CreateLogger<WorkerSupervisor>();
    private readonly Lock gate = new();
    private TaskCompletionSource<RunningWorker> ready = NewReady();
    private (int Id, Action Kill)? process;
    private Task? keeping;
    private volatile bool isLast;

    public int ProcessId => process?.Id ?? throw new InvalidOperationException("No worker was started yet.");

    public void Start() => keeping = KeepAsync();

    /// <summary>The worker, as soon as there is one.</summary>
    /// <exception cref="WorkerExitedException">It does not start.</exception>
    public Task<RunningWorker> ReadyAsync(CancellationToken ct)
    {
        lock (gate)
        {
            ForgetIfEnded();
            return ready.Task.WaitAsync(ct);
        }
    }

    /// <summary>The host is about to stop: what runs may end its work, but when it has ended no other is started, and nobody waits for
    /// one.</summary>
    public void StartNoMore() => isLast = true;

    /// <summary>Ends the process as <c>kill -9</c> would; another one is started.</summary>
    public void Kill() => process?.Kill();

    public async ValueTask DisposeAsync()
    {
        StartNoMore();
        var last = ready.Task.IsCompletedSuccessfully ? await ready.Task : null;
        await stopping.CancelAsync();
        if (last is not null)
        {
            last.Channel.Terminate(StopLimit);
            using var limit = new CancellationTokenSource(StopLimit, TimeProvider.System);
            await last.Process.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        process?.Kill();
        await (keeping ?? Task.CompletedTask);
        stopping.Dispose();
    }

    private async Task KeepAsync()
    {
        var failed = 0;
        while (!isLast)
        {
            try
            {
                await RunOneAsync();
                failed = 0;
            }
            catch (WorkerExitedException exited) when (++failed < MaxFailedStarts)
            {
                Log.NotStarted(logger, exited.Message);
            }
            catch (WorkerExitedException exited)
            {
                GiveUp($"{exited.Message} Tried {MaxFailedStarts} times.");
                return;
            }
        }

        GiveUp("The host stops.");
    }

    private void GiveUp(string why)
    {
        lock (gate)
        {
            ready.TrySetException(new WorkerExitedException(why));
        }
    }

    /// <summary>Returns when a worker that had started has ended.</summary>
    private async Task RunOneAsync()
    {
        var channel = new WorkerChannel(Path.GetDirectoryName(options.App)!, loggers);
        var id = Guid.NewGuid().ToString();
        var connected = channels.Expect(id, channel);
        using var started = WorkerProcess.Start(options.App, rpc, id, options.Settings, loggers.CreateLogger("Worker"));
        process = (started.Id, started.Kill);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        limit.CancelAfter(StartLimit);
        var exit = started.WaitAsync(CancellationToken.None);
        _ = exit.ContinueWith(_ => channel.End("The worker process has ended."), TaskScheduler.Default);
        try
        {
            if (await Task.WhenAny(connected, exit, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, limit.Token)) != connected)
            {
                throw new WorkerExitedException("The worker process ended, or did not connect in time. Its last words are in the log.");
            }

            var functions = await channel.StartAsync(limit.Token);
            Log.Started(logger, started.Id, functions.Count);
            lock (gate)
            {
                ready.TrySetResult(new(started, channel, functions));
            }
        }
        catch (Exception e) when (e is WorkerExitedException or OperationCanceledException)
        {
            channels.Take(id);
            started.Kill();
            await exit;
            throw e as WorkerExitedException ?? new WorkerExitedException("The worker did not start in time.");
        }

        await exit;
        if (!isLast)
        {
            Log.Exited(logger);
        }

        lock (gate)
        {
            ForgetIfEnded();
        }
    }

    /// <summary>Who asks may notice the end of a worker sooner than who waits for it.</summary>
    private void ForgetIfEnded()
    {
        if (ready.Task is { IsCompletedSuccessfully: true, Result.Process.HasExited: true })
        {
            ready = NewReady();
        }
    }

    private static TaskCompletionSource<RunningWorker> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Worker process {Process} is ready with {Count} functions")]
        public static partial void Started(ILogger logger, int process, int count);

        [LoggerMessage(Level = LogLevel.Error, Message = "The worker process ended; another one is started")]
        public static partial void Exited(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "The worker did not start: {Why}")]
        public static partial void NotStarted(ILogger logger, string why);
    }
}
