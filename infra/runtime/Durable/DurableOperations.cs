using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>What can be done to orchestrations from outside; the client and the management routes are both thin over it.</summary>
internal sealed class DurableOperations(
    DurableEngineOptions options, IDurableFunctions functions, ILoggerFactory loggers, InstanceQuery query, InstanceChanges changes,
    GroupCommitter committer, Dispatcher dispatcher, InstanceWaiters waiters, LeaseKeeper leases, Notifications notifications)
{
    private const int PurgeBatch = 1000;
    private const int MaxIdLength = 500;

    public InstanceQuery Query => query;

    public int CommitsWaiting => committer.Waiting;

    private DateTime Now => options.Clock.GetUtcNow().UtcDateTime;

    /// <summary>False: the id is taken.</summary>
    public async Task<bool> StartAsync(
        string name, string id, string? input, DateTime? startAt, string? version, string? tags, int refuseMask, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > MaxIdLength || id.Any(char.IsControl) || name.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"An instance id has at most {MaxIdLength} characters and, like a name, no control characters.", nameof(id));
        }

        var item = new CommitItem.OfStart(new(id, name, input, Now)
        {
            StartAt = startAt is { } at && at > Now ? at : null,
            Version = version,
            Tags = tags,
            RefuseMask = refuseMask,
        });
        committer.Enqueue(item);
        return await item.Outcome.Task.WaitAsync(ct);
    }

    /// <summary>False: no such instance, or it is finished.</summary>
    public async Task<bool> SendAsync(string id, HistoryEvent message, CancellationToken ct)
    {
        var item = new CommitItem.OfMessage(new(id, null, null, null, message));
        committer.Enqueue(item);
        return await item.Outcome.Task.WaitAsync(ct);
    }

    public async Task<bool> ResumeAsync(string id, string? reason, CancellationToken ct)
    {
        if (await changes.ReleaseAsync(id, ct) is not { } released)
        {
            return await SendAsync(id, new ExecutionResumed(reason), ct);
        }

        Signal(released.Owner, released.Key);
        return true;
    }

    public async Task<bool> TerminateAsync(string id, string? output, bool recursive, CancellationToken ct)
    {
        // Parents before children: one that heard of its child's end first would fail of it, or start another.
        var ended = await TerminateOneAsync(id, output, ct);
        // Until a look finds nobody running: a child may have started one of its own before it was ended.
        for (var more = recursive; more;)
        {
            more = false;
            foreach (var child in await query.DescendantsAsync(id, ct))
            {
                more |= await TerminateOneAsync(child, output, ct);
            }
        }

        return ended;
    }

    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    public Task<InstanceSnapshot> WaitAsync(string id, Func<InstanceSnapshot, bool> reached, CancellationToken ct) => waiters.UntilAsync(
        id,
        async () =>
        {
            var view = await query.FindAsync(id, ct)
                ?? throw new InvalidOperationException($"An orchestration with the instanceId {id} was not found.");
            return reached(view) ? view : null;
        },
        options.PollInterval,
        ct);

    public async Task<int> PurgeAsync(string id, bool recursive, CancellationToken ct)
    {
        var children = recursive ? await query.DescendantsAsync(id, ct) : [];
        var purged = await changes.PurgeAsync([id], ct);
        return purged == 0 ? 0 : purged + (children.Count > 0 ? await changes.PurgeAsync(children, ct) : 0);
    }

    public async Task<int> PurgeAllAsync(InstanceFilter filter, bool recursive, CancellationToken ct)
    {
        var total = 0;
        while (true)
        {
            var ids = await query.FinishedAsync(filter with { Limit = PurgeBatch }, ct);
            if (ids.Count == 0)
            {
                return total;
            }

            if (!recursive)
            {
                total += await changes.PurgeAsync(ids, ct);
                continue;
            }

            foreach (var id in ids)
            {
                total += await PurgeAsync(id, recursive: true, ct);
            }
        }
    }

    /// <summary>Starts a finished instance's orchestrator again with its input. Null: no such instance.</summary>
    /// <exception cref="InvalidOperationException">It is still running and would have to keep its id.</exception>
    public async Task<string?> RestartAsync(string id, bool withNewId, CancellationToken ct)
    {
        if (await query.FindAsync(id, ct) is not { } view)
        {
            return null;
        }

        var newId = withNewId ? Guid.NewGuid().ToString("N") : id;
        return await StartAsync(view.Name, newId, view.Input, null, view.Version, view.Tags, 0, ct)
            ? newId
            : throw new InvalidOperationException(
                $"The orchestration '{id}' is still {view.Status}: it can be restarted only under a new id.");
    }

    /// <summary>False: no such instance, or it has not failed.</summary>
    public async Task<bool> RewindAsync(string id, string? reason, CancellationToken ct)
    {
        if (await query.FindAsync(id, ct) is not { } view)
        {
            return false;
        }

        var rewound = await changes.RewindAsync(
            id, leases.Worker, Now, history => Rewinding.Rewind(history, reason, Now, steps => Replays(view, steps)), ct);
        if (rewound is null)
        {
            return false;
        }

        foreach (var child in rewound.FailedChildren)
        {
            await RewindAsync(child, reason, ct);
        }

        if (leases.Worker == 0)
        {
            notifications.Work();
        }
        else
        {
            dispatcher.RequestLoad(rewound.Key);
        }

        return true;
    }

    private async Task<bool> TerminateOneAsync(string id, string? output, CancellationToken ct)
    {
        if (await changes.TerminateAsync(id, output, Now, ct) is not { } ended)
        {
            return false;
        }

        dispatcher.Forget(ended.Key);
        waiters.Signal(id);
        if (leases.HasPeers)
        {
            notifications.Status(id);
        }

        if (ended.ParentKey is { } parent)
        {
            Signal(ended.ParentOwner, parent);
        }

        return true;
    }

    private void Signal(long owner, long key)
    {
        if (owner == leases.Worker && owner != 0)
        {
            dispatcher.RequestLoad(key);
        }
        else
        {
            notifications.Messages(owner, key);
        }
    }

    private bool Replays(InstanceSnapshot view, IReadOnlyList<HistoryStep> steps)
    {
        var run = new OrchestrationRun(
            new(view.Id, view.Name, view.Version ?? string.Empty, view.Input, 0, null), functions, loggers, () => { });
        run.Replay(steps);
        return run.Outcome() is RunOutcome.Waiting;
    }
}
