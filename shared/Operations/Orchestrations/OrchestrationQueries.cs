namespace Portal.Operations.Orchestrations;

/// <summary>An orchestration with what our rows know of it, and what on-call should make of both.</summary>
/// <param name="Instance">Null: Durable has none of that id, but an upload that should have one.</param>
public sealed record OrchestrationLook(string Id, OrchestrationInstance? Instance, UploadNote? Upload, Diagnosis Diagnosis)
{
    public DateTimeOffset CreatedAt => Instance?.CreatedAt ?? Upload!.CreatedAt;

    /// <summary>The later of what happened to the instance and to the row.</summary>
    public DateTimeOffset UpdatedAt =>
        Instance is { } instance && (Upload is null || instance.UpdatedAt > Upload.UpdatedAt) ? instance.UpdatedAt : Upload!.UpdatedAt;
}

/// <summary>What is running, stuck and failed now. The totals count what the lists were cut from.</summary>
/// <param name="Whole">False: there were more live instances or unfinished jobs than were looked at.</param>
public sealed record Dashboard(
    IReadOnlyList<OrchestrationLook> Failed, IReadOnlyList<OrchestrationLook> Stuck, IReadOnlyList<OrchestrationLook> Running, bool Whole)
{
    public required int FailedTotal { get; init; }

    public required int StuckTotal { get; init; }

    public required int RunningTotal { get; init; }
}

/// <summary>What to search orchestrations for; all conditions hold together.</summary>
/// <param name="Name">The whole name of the orchestrator, in any case.</param>
/// <param name="Continuation">Durable's token of the next page.</param>
public sealed record OrchestrationSearch(
    IReadOnlyList<string> Statuses, string? Name, DateTimeOffset? CreatedFrom, DateTimeOffset? CreatedTo, Guid? UploadJobId, int Limit,
    string? Continuation);

/// <summary>A page of a search; <paramref name="Continuation"/> is null when this is the last.</summary>
public sealed record OrchestrationPage(IReadOnlyList<OrchestrationLook> Items, string? Continuation);

/// <summary>Reads orchestrations for on-call: Durable's instances joined with our upload jobs.</summary>
public sealed class OrchestrationQueries(DurableManagement durable, UploadNoteQuery notes, TimeProvider clock)
{
    public const int BoardList = 50;
    private const int MostLive = 1000;
    private const int MostFailed = 200;
    private const int MostAlone = 50;
    private const int AtOnce = 8;

    /// <summary>Durable cannot search by name: this many instances are read for one page, then the search goes on with the next.</summary>
    private const int MostRead = 2000;
    private static readonly TimeSpan FailedWithin = TimeSpan.FromDays(7);

    /// <summary>Null when neither Durable nor our rows know it.</summary>
    public async Task<(OrchestrationLook Look, Timeline Timeline)?> FindAsync(string id, CancellationToken ct)
    {
        var instance = await durable.FindAsync(id, history: true, ct);
        var upload = (await notes.OfAsync([id], ct)).GetValueOrDefault(id);
        return instance is null && upload is null
            ? null
            : (Look(id, instance, upload), instance is null ? Timeline.Empty : ReadTimeline.Of(instance));
    }

    public async Task<OrchestrationPage> SearchAsync(OrchestrationSearch search, CancellationToken ct)
    {
        var found = new List<OrchestrationInstance>();
        var continuation = search.Continuation;
        var prefix = search.UploadJobId is { } job ? $"{job:D}-" : null;
        for (var read = 0; ;)
        {
            var page = await durable.ListAsync(
                new(search.Statuses, prefix, search.CreatedFrom, search.CreatedTo, search.Limit, continuation), ct);
            var fitting = page.Items.Where(
                i => search.Name is null || string.Equals(i.Name, search.Name, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count > 0 && found.Count + fitting.Count > search.Limit)
            {
                // The next page begins with this one: half of a page has no token.
                break;
            }

            found.AddRange(fitting);
            continuation = page.Continuation;
            read += page.Items.Count;
            if (continuation is null || found.Count >= search.Limit || read >= MostRead)
            {
                break;
            }
        }

        return new(await LookAsync(found, ct), continuation);
    }

    public async Task<Dashboard> DashboardAsync(CancellationToken ct)
    {
        var since = clock.GetUtcNow() - FailedWithin;
        var (live, all) = await AllAsync(RuntimeStatus.Live, null, MostLive, ct);
        var (failed, _) = await AllAsync([RuntimeStatus.Failed], since, MostFailed, ct);
        var unfinished = await notes.UnfinishedAsync(MostLive, ct);
        var lost = await notes.FailedAsync(since, MostFailed, ct);

        var looks = (await LookAsync([.. live, .. failed], ct)).ToDictionary(look => look.Id, StringComparer.OrdinalIgnoreCase);
        foreach (var upload in lost)
        {
            looks.TryAdd(upload.InstanceId, Look(upload.InstanceId, null, upload));
        }

        // A job whose orchestration is not among the live: has it ended, was it never started, or was the list cut?
        var alone = unfinished.Where(upload => !looks.ContainsKey(upload.InstanceId)).ToList();
        foreach (var look in await LookAloneAsync([.. alone.Take(MostAlone)], ct))
        {
            looks.TryAdd(look.Id, look);
        }

        List<OrchestrationLook> Of(string group) => [.. looks.Values.Where(look => look.Diagnosis.Group == group)];
        var (failures, stuck, running) = (Of(DiagnosisGroup.Failed), Of(DiagnosisGroup.Stuck), Of(DiagnosisGroup.Running));
        return new(
            [.. failures.OrderByDescending(l => l.UpdatedAt).ThenBy(l => l.Id, StringComparer.Ordinal).Take(BoardList)],
            [.. stuck.OrderBy(l => l.UpdatedAt).ThenBy(l => l.Id, StringComparer.Ordinal).Take(BoardList)],
            [.. running.OrderByDescending(l => l.CreatedAt).ThenBy(l => l.Id, StringComparer.Ordinal).Take(BoardList)],
            all && alone.Count <= MostAlone && unfinished.Count < MostLive)
        {
            FailedTotal = failures.Count,
            StuckTotal = stuck.Count,
            RunningTotal = running.Count,
        };
    }

    private async Task<(List<OrchestrationInstance> Items, bool Whole)> AllAsync(
        IReadOnlyList<string> statuses, DateTimeOffset? since, int most, CancellationToken ct)
    {
        var items = new List<OrchestrationInstance>();
        string? continuation = null;
        do
        {
            var page = await durable.ListAsync(new(statuses, null, since, null, Math.Min(most, 200), continuation), ct);
            items.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null && items.Count < most);

        return (items, continuation is null);
    }

    private async Task<IReadOnlyList<OrchestrationLook>> LookAsync(IReadOnlyList<OrchestrationInstance> instances, CancellationToken ct)
    {
        var uploads = await notes.OfAsync(instances.Select(i => i.Id), ct);
        return [.. instances.Select(i => Look(i.Id, i, uploads.GetValueOrDefault(i.Id)))];
    }

    private async Task<IReadOnlyCollection<OrchestrationLook>> LookAloneAsync(IReadOnlyList<UploadNote> uploads, CancellationToken ct)
    {
        var looks = new System.Collections.Concurrent.ConcurrentBag<OrchestrationLook>();
        await Parallel.ForEachAsync(uploads, new ParallelOptions
        {
            MaxDegreeOfParallelism = AtOnce,
            CancellationToken = ct,
        }, async (upload, stop) =>
            looks.Add(Look(upload.InstanceId, await durable.FindAsync(upload.InstanceId, history: false, stop), upload)));
        return looks;
    }

    private OrchestrationLook Look(string id, OrchestrationInstance? instance, UploadNote? upload) =>
        new(id, instance, upload, Diagnosis.Of(instance, upload, clock.GetUtcNow()));
}
