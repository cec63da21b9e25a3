using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>Something waiting to be committed.</summary>
internal abstract class CommitItem
{
    public sealed class OfStep(LiveInstance instance, Step step) : CommitItem
    {
        public LiveInstance Instance => instance;

        public Step Step => step;
    }

    public sealed class OfStart(NewInstance start) : CommitItem
    {
        public NewInstance Start => start;

        /// <summary>True: created. False: an instance with this id is in the way.</summary>
        public TaskCompletionSource<bool> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public sealed class OfMessage(Outgoing message) : CommitItem
    {
        public Outgoing Message => message;

        /// <summary>False: no such instance, or it is finished.</summary>
        public TaskCompletionSource<bool> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What becomes of committed work; implemented by the engine, called in commit order per instance.</summary>
internal interface ICommitted
{
    long Owner { get; }

    void InstanceCreated(NewInstance start, long key, long owner);

    void Stepped(LiveInstance instance, Step step);

    void Lost(LiveInstance instance, Step step);

    void Refused(LiveInstance instance, Step step, Exception reason);

    void Sent(Posted posted);

    /// <summary>Something was committed whose answer got lost: look in the database for what memory missed.</summary>
    void Reconcile();
}

/// <summary>
/// Commits whatever is waiting, together, as soon as a connection is free: no timer, so a lone call costs one commit, and under load
/// batches grow by themselves while the disk is busy. A failed transaction is tried again until it is known how it ended; the fence makes
/// that safe for steps, the execution id for starts. A message that may have been sent is not sent again: its caller gets the error.
/// </summary>
internal sealed partial class GroupCommitter(
    NpgsqlDataSource database, DurableEngineOptions options, ICommitted committed, ILogger logger, Func<bool> abandoned)
{
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(15);

    private readonly Channel<CommitItem> queue = Channel.CreateUnbounded<CommitItem>();
    private readonly CommitOutcomes outcomes = new(database, committed);
    private int waiting;

    /// <summary>Items not yet settled.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    public void Enqueue(CommitItem item)
    {
        Interlocked.Increment(ref waiting);
        if (!queue.Writer.TryWrite(item))
        {
            Reject(
            [item], new ObjectDisposedException(nameof(DurableEngine), "The durable engine has been disposed of."));
        }
    }

    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, options.MaxConcurrentCommits).Select(_ => Task.Run(LoopAsync)));

    /// <summary>Ends the loops once everything waiting is settled.</summary>
    public void Complete() => queue.Writer.TryComplete();

    private async Task LoopAsync()
    {
        await using var store = new CommitStore(database);
        var held = new List<CommitItem>();
        while (held.Count > 0 || await queue.Reader.WaitToReadAsync())
        {
            var items = Gather(held);
            try
            {
                await SettleAsync(store, items);
            }
            catch (Exception exception)
            {
                Log.CommitterFailed(logger, exception, items.Count);
                Reject(items, exception);
            }
        }
    }

    /// <summary>Takes what is waiting. Two items that touch the same instance id may not share a statement; the later one is held
    /// back.</summary>
    private List<CommitItem> Gather(List<CommitItem> held)
    {
        var items = new List<CommitItem>();
        var touched = new HashSet<string>(StringComparer.Ordinal);
        var earlier = held.ToArray();
        held.Clear();
        foreach (var item in earlier)
        {
            Place(item);
        }

        while (items.Count < options.MaxBatch && queue.Reader.TryRead(out var item))
        {
            Place(item);
        }

        return items;

        void Place(CommitItem item)
        {
            var ids = Ids(item);
            if (items.Count >= options.MaxBatch || ids.Any(touched.Contains))
            {
                held.Add(item);
                // What waits behind it for the same instance has to wait too.
                touched.UnionWith(ids);
                return;
            }

            touched.UnionWith(ids);
            items.Add(item);
        }
    }

    private static List<string> Ids(CommitItem item) => item switch
    {
        CommitItem.OfStep { Step: var step } => [step.InstanceId, .. step.Children.Select(child => child.Id)],
        CommitItem.OfStart { Start: var start } => [start.Id],
        _ => [],
    };

    private async Task SettleAsync(CommitStore store, List<CommitItem> items)
    {
        var since = TimeProvider.System.GetTimestamp();
        var unsure = false;
        for (var attempt = 1; items.Count > 0; attempt++)
        {
            var sent = false;
            try
            {
                if (abandoned())
                {
                    throw new OperationCanceledException("The engine was abandoned.");
                }

                await FaultAsync(DurableFaultPoint.BeforeCommit, items);
                if (abandoned())
                {
                    throw new OperationCanceledException("The engine was abandoned.");
                }

                var batch = Batch(items);
                sent = true;
                var result = await store.CommitAsync(batch, CancellationToken.None);
                await FaultAsync(DurableFaultPoint.AfterCommit, items);
                if (abandoned())
                {
                    throw new OperationCanceledException("The engine was abandoned.");
                }

                await outcomes.ApplyAsync(items, batch, result, unsure);
                Interlocked.Add(ref waiting, -items.Count);
                return;
            }
            catch (OperationCanceledException exception) when (abandoned())
            {
                Reject(items, exception);
                return;
            }
            catch (Exception exception) when (IsAboutData(exception))
            {
                await RefuseAsync(store, items, exception);
                return;
            }
            catch (Exception exception)
            {
                Log.CommitFailed(logger, exception, items.Count, attempt);
                unsure |= sent;
                GiveUp(items, exception, unsure, TimeProvider.System.GetElapsedTime(since) > ClientPatience);
                await Task.Delay(
                    TimeSpan.FromMilliseconds(Math.Min(20 << Math.Min(attempt, 7), 1000)), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>
    /// Trying again will not help: the data itself cannot be stored. Everything else (no connection, no disk, no permission, a deadlock)
    /// is the database's trouble and no reason to fail an orchestration.
    /// </summary>
    private static bool IsAboutData(Exception exception) =>
        exception is ArgumentException or InvalidCastException or PostgresException
        {
            SqlState: ['2', '1' or '2' or '3', ..] or ['5', '4',
            ..]
        };

    private CommitBatch Batch(List<CommitItem> items)
    {
        var batch = new CommitBatch { Owner = committed.Owner };
        foreach (var item in items)
        {
            switch (item)
            {
                case CommitItem.OfStep { Step: var step }: batch.Steps.Add(step); break;
                case CommitItem.OfStart { Start: var start }: batch.Starts.Add(start); break;
                case CommitItem.OfMessage { Message: var message }: batch.Messages.Add(message); break;
            }
        }

        return batch;
    }

    /// <summary>The database will not have something in this batch: find the one that is to blame by trying each alone.</summary>
    private async Task RefuseAsync(CommitStore store, List<CommitItem> items, Exception exception)
    {
        if (items.Count > 1)
        {
            foreach (var item in items)
            {
                await SettleAsync(store, [item]);
            }

            return;
        }

        Log.Refused(logger, exception);
        Reject(items, exception);
    }

    /// <summary>Callers are told rather than kept: at once where a message may have gone through, else when their patience is
    /// over.</summary>
    private void GiveUp(List<CommitItem> items, Exception exception, bool unsure, bool late)
    {
        var given = items.Where(item => item is CommitItem.OfMessage ? unsure || late : item is CommitItem.OfStart && late).ToList();
        items.RemoveAll(given.Contains);
        Reject(given, exception);
    }

    private void Reject(List<CommitItem> items, Exception exception)
    {
        foreach (var item in items)
        {
            switch (item)
            {
                case CommitItem.OfStep step: committed.Refused(step.Instance, step.Step, exception); break;
                case CommitItem.OfStart start: start.Outcome.TrySetException(exception); break;
                case CommitItem.OfMessage message: message.Outcome.TrySetException(exception); break;
            }
        }

        Interlocked.Add(ref waiting, -items.Count);
    }

    private Task FaultAsync(DurableFaultPoint point, List<CommitItem> items) => options.Faults is { } faults
        ? faults.OnPoint(new(point, [.. items.SelectMany(Ids).Distinct(StringComparer.Ordinal)], null))
        : Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A durable commit of {Count} items failed (attempt {Attempt}); trying again")]
        public static partial void CommitFailed(ILogger logger, Exception exception, int count, int attempt);

        [LoggerMessage(LogLevel.Error, "The database refused a durable commit")]
        public static partial void Refused(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "A durable commit of {Count} items was dropped")]
        public static partial void CommitterFailed(ILogger logger, Exception exception, int count);
    }
}
