using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>
/// Durable orchestrations on Postgres: event-sourced replay, one transaction a step, leases per process. See docs/flows/durable.md.
/// Life: <see cref="CreateAsync"/> → <see cref="StartAsync"/> → <see cref="StopAsync"/> (or <see cref="Abandon"/>) → dispose.
/// </summary>
public sealed partial class DurableEngine : IAsyncDisposable
{
    private readonly NpgsqlDataSource database;
    private readonly WorkerStore workerStore;
    private readonly InstanceChanges changes;
    private readonly Dispatcher dispatcher;
    private readonly ActivityRunner activities;
    private readonly TimerQueue wakes;
    private readonly InstanceWaiters waiters = new();
    private readonly LeaseKeeper leases;
    private readonly GroupCommitter committer;
    private readonly Notifications notifications;
    private readonly WorkTally tally = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger;
    private readonly Task committing;
    private readonly Task notifying;
    private Task running = Task.CompletedTask;
    private bool started;
    private volatile bool abandoned;
    private int disposed;

    private DurableEngine(DurableEngineOptions options, NpgsqlDataSource database, IDurableFunctions functions, ILoggerFactory loggers)
    {
        Options = options;
        this.database = database;
        logger = loggers.CreateLogger<DurableEngine>();
        workerStore = new(database, options);
        changes = new(database);
        var trials = new PoisonDetector(workerStore, () => leases!.Worker, loggers.CreateLogger<PoisonDetector>());
        dispatcher = new(options, functions, loggers, tally, () => leases!.Worker, new(database), trials);
        wakes = new(options.Clock, dispatcher.Wake);
        activities = new(options, functions, loggers.CreateLogger<ActivityRunner>(), dispatcher.Answer, tally);
        leases = new(options, workerStore, dispatcher, trials, wakes, waiters, loggers.CreateLogger<LeaseKeeper>());
        committer = new(database, options, new Committed(this), loggers.CreateLogger<GroupCommitter>(), () => abandoned);
        notifications = new(database, options.ConnectionString, loggers.CreateLogger<Notifications>(), ReceivedAsync);
        dispatcher.Commit = (instance, step) => committer.Enqueue(new CommitItem.OfStep(instance, step));
        dispatcher.Schedule = activities.Enqueue;
        dispatcher.RescheduleTimer = wakes.Set;
        dispatcher.Quarantine = QuarantineAsync;
        Operations = new(options, functions, loggers, new(database), changes, committer, dispatcher, waiters, leases, notifications);
        Client = new PostgresDurableClient(Operations, options);
        committing = committer.RunAsync();
        notifying = notifications.SendAsync(stopping.Token);
    }

    /// <summary>The client that functions get for <c>[DurableClient]</c>; works from creation on, before <see cref="StartAsync"/>
    /// too.</summary>
    public DurableTaskClient Client { get; }

    public DurableEngineOptions Options { get; }

    internal DurableOperations Operations { get; }

    internal long Worker => leases.Worker;

    internal int LiveInstances => dispatcher.Count;

    /// <summary>Migrates schema <c>durable</c> and prepares the client; nothing runs until <see cref="StartAsync"/>.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached or migrated.</exception>
    public static async Task<DurableEngine> CreateAsync(
        DurableEngineOptions options, IDurableFunctions functions, ILoggerFactory loggers, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(loggers);
        var database = options.Connections ?? Connect(options.ConnectionString);
        try
        {
            await DurableSchema.MigrateAsync(database, ct);
        }
        catch when (options.Connections is null)
        {
            await database.DisposeAsync();
            throw;
        }

        return new(options, database, functions, loggers);
    }

    /// <summary>Connections for several engines, one after the other: who passes them on disposes of them.</summary>
    public static NpgsqlDataSource Connect(string connectionString) => DurableDatabase.Open(connectionString);

    /// <summary>Takes a lease and runs what is there. May be called again when it failed, as it does while the database is away.</summary>
    public async Task StartAsync(CancellationToken ct = default)
    {
        if (started)
        {
            throw new InvalidOperationException("The durable engine has been started before.");
        }

        await leases.StartAsync(ct);
        started = true;
        running = Task.WhenAll(
            dispatcher.RunAsync(stopping.Token), activities.RunAsync(), leases.RunAsync(stopping.Token),
            notifications.ListenAsync(stopping.Token));
    }

    /// <summary>Lets running activities finish within the drain limit, then hands all instances over to whoever asks first.</summary>
    public async Task StopAsync(CancellationToken ct = default)
    {
        if (!started || stopping.IsCancellationRequested)
        {
            return;
        }

        activities.Drain();
        await UntilAsync(() => activities.Running == 0, Options.DrainLimit, ct);
        activities.Cancel();
        // Results of the last activities still want their step, and may not have reached the committer yet: whoever takes over would run
        // those activities again.
        await UntilAsync(() => tally.Open == 0 && committer.Waiting == 0, TimeSpan.FromSeconds(5), ct);
        dispatcher.Stop();
        await UntilAsync(() => committer.Waiting == 0, TimeSpan.FromSeconds(5), ct);
        await stopping.CancelAsync();
        try
        {
            await leases.StopAsync(ct);
        }
        catch (Exception exception) when (exception is NpgsqlException || (exception is OperationCanceledException
            && ct.IsCancellationRequested))
        {
            // Out of reach, or no time is left for it.
            Log.NotReleased(logger, exception);
        }
    }

    /// <summary>For tests: returns when nothing is due by the clock and nothing runs.</summary>
    /// <exception cref="TimeoutException">Not idle within <paramref name="limit"/> of real time; the message says what is
    /// left.</exception>
    public async Task WhenIdleAsync(TimeSpan limit)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = BusyWith() ?? await workerStore.LeftoverAsync(Options.Clock.GetUtcNow().UtcDateTime, CancellationToken.None)
                ?? BusyWith();
            if (left is null)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(since) > limit)
            {
                throw new TimeoutException(
                $"The durable engine is not idle after {limit}: {left}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>For tests: one round of housekeeping now (renew the lease, take over from the dead, look for missed messages).</summary>
    public Task RunHousekeepingAsync(CancellationToken ct = default) => leases.RoundAsync(ct);

    /// <summary>For tests: stops as a killed process would. Nothing more is committed, no lease is given back.</summary>
    public void Abandon()
    {
        abandoned = true;
        leases.Abandon();
        dispatcher.Stop();
        activities.Drain();
        wakes.Dispose();
        stopping.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        if (!abandoned)
        {
            await StopAsync();
        }
        // Whatever could not be committed until now is left for the next owner rather than waited for.
        abandoned = true;
        committer.Complete();
        activities.Cancel();
        await committing;
        await stopping.CancelAsync();
        await notifying;
        // An activity that ignores its token may run on; nobody waits for its result any more.
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None));
        wakes.Dispose();
        activities.Dispose();
        leases.Dispose();
        if (Options.Connections is null)
        {
            await database.DisposeAsync();
        }

        stopping.Dispose();
    }

    private static async Task UntilAsync(Func<bool> reached, TimeSpan limit, CancellationToken ct)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!reached() && !ct.IsCancellationRequested && TimeProvider.System.GetElapsedTime(since) < limit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    private string? BusyWith()
    {
        if (tally.Open is var open and > 0)
        {
            return $"{open} pieces of work in hand, {activities.Running} activities running, "
            + $"{committer.Waiting} commits waiting";
        }

        if (committer.Waiting is var waiting and > 0)
        {
            return $"{waiting} commits waiting";
        }

        return wakes.HasDue ? "a timer is due" : null;
    }

    private async Task ReceivedAsync(string payload)
    {
        var (kind, rest) = Notifications.Parse(payload);
        switch (kind)
        {
            case "hello": leases.PeerSeen(); break;
            case "work": await leases.ClaimAsync(stopping.Token); break;
            case "s": waiters.Signal(rest); break;
            case "m" when rest.Split(' ') is [var owner, .. var keys] && long.Parse(owner, null) == leases.Worker:
                foreach (var key in keys)
                {
                    dispatcher.RequestLoad(long.Parse(key, null));
                }

                break;
        }
    }

    private async Task QuarantineAsync(LiveInstance instance, Exception reason)
    {
        try
        {
            await changes.QuarantineAsync(instance.Key, instance.Row.Owner, "Quarantined: " + reason.Message, CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            Log.NotQuarantined(logger, exception, instance.Row.Id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The worker's instances were not released; others take them over when its lease runs out")]
        public static partial void NotReleased(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "{InstanceId} was not quarantined")]
        public static partial void NotQuarantined(ILogger logger, Exception exception, string instanceId);

        [LoggerMessage(LogLevel.Information, "A step of {InstanceId} lost its lease and was dropped")]
        public static partial void Lost(ILogger logger, string instanceId);

        [LoggerMessage(LogLevel.Error, "A step of {InstanceId} cannot be stored; the instance fails")]
        public static partial void Refused(ILogger logger, Exception exception, string instanceId);
    }
}
