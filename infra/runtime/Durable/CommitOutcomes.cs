using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>
/// Tells everyone in a batch how it ended. A step missing from the answer has lost its fence, unless an earlier attempt, whose answer got
/// lost, had already written it: then the row stands exactly one step on, which nobody but its owner at its epoch can have done.
/// </summary>
internal sealed class CommitOutcomes(NpgsqlDataSource database, ICommitted committed)
{
    public async Task ApplyAsync(List<CommitItem> items, CommitBatch batch, CommitResult result, bool unsure)
    {
        var lostSteps = items.OfType<CommitItem.OfStep>().Where(item => !result.Done.Contains(item.Step.Key)).ToList();
        var lostStarts = items.OfType<CommitItem.OfStart>().Where(item => !result.InstanceCreated.ContainsKey(item.Start.Id)).ToList();
        var written = unsure && lostSteps.Count > 0 ? await WrittenBeforeAsync(lostSteps) : [];
        var created = lostStarts.Count > 0 ? await CreatedBeforeAsync(lostStarts) : [];

        foreach (var start in items.OfType<CommitItem.OfStart>())
        {
            InstanceCreated(start.Start, batch, result);
        }

        foreach (var item in items.OfType<CommitItem.OfStep>())
        {
            Step(item, batch, result, written);
        }

        foreach (var start in items.OfType<CommitItem.OfStart>())
        {
            start.Outcome.TrySetResult(result.InstanceCreated.ContainsKey(start.Start.Id) || created.Contains(start.Start.Id));
        }

        foreach (var (key, id, happened) in result.Refused)
        {
            committed.Sent(new(id, key, batch.Owner, new(null, key, null, id, HistoryJson.ReadEvent(happened))));
        }

        // Messages of clients come first in the statement, in the batch's order.
        foreach (var posted in result.Posted.OrderBy(pair => pair.Key))
        {
            committed.Sent(posted.Value);
        }

        var n = 0;
        foreach (var message in items.OfType<CommitItem.OfMessage>())
        {
            message.Outcome.TrySetResult(result.Posted.ContainsKey(n++));
        }

        if (written.Count > 0 || created.Count > 0)
        {
            committed.Reconcile();
        }
    }

    private void Step(CommitItem.OfStep item, CommitBatch batch, CommitResult result, HashSet<long> written)
    {
        if (!result.Done.Contains(item.Step.Key) && !written.Contains(item.Step.Key))
        {
            committed.Lost(item.Instance, item.Step);
            return;
        }

        foreach (var child in item.Step.Children)
        {
            InstanceCreated(child, batch, result);
        }

        committed.Stepped(item.Instance, item.Step);
    }

    private void InstanceCreated(NewInstance start, CommitBatch batch, CommitResult result)
    {
        if (result.InstanceCreated.TryGetValue(start.Id, out var key))
        {
            committed.InstanceCreated(start, key, batch.Owner);
        }
    }

    private async Task<HashSet<long>> WrittenBeforeAsync(List<CommitItem.OfStep> lost)
    {
        var steps = lost.ToDictionary(item => item.Step.Key, item => item.Step);
        var written = new HashSet<long>();
        await using var command = database.CreateCommand(CommitSql.StepStates);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. steps.Keys] });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var step = steps[reader.GetInt64(0)];
            var next = step.Fresh ? 0 : step.Seq + 1;
            if (reader.GetInt64(1) == step.Owner && reader.GetInt32(2) == step.Epoch && reader.GetInt32(3) == next
                && reader.GetInt16(5) == Lanes.Of(step.Status))
            {
                written.Add(step.Key);
            }
        }

        return written;
    }

    private async Task<HashSet<string>> CreatedBeforeAsync(List<CommitItem.OfStart> lost)
    {
        var starts = lost.ToDictionary(item => item.Start.Id, item => item.Start.ExecutionId, StringComparer.Ordinal);
        var created = new HashSet<string>(StringComparer.Ordinal);
        await using var command = database.CreateCommand(CommitSql.StartStates);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. starts.Keys] });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            if (starts[reader.GetString(0)] == reader.GetGuid(1))
            {
                created.Add(reader.GetString(0));
            }
        }

        return created;
    }
}
