using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;

namespace Portal.Tests.Support;

/// <param name="Restarts">How often the app is stopped and started meanwhile.</param>
/// <param name="Limit">For a reader to be told everything, in real time.</param>
public sealed record ChangeRaceOptions(int Events, int Writers, int Restarts, int Seed, TimeSpan Limit);

/// <param name="Written">Events that the readers may see.</param>
/// <param name="Others">Events of another project and of another tenant.</param>
public sealed record ChangeRaceResult(
    IReadOnlyList<string> Violations, int Written, int Others, int Polls, int Streams, int Repeated, TimeSpan Took);

/// <summary>
/// Writers race each other for the same tasks, in transactions that get their numbers early and commit late, or not at all; beside them
/// others write for another project and another tenant. Two readers, one that polls and one that listens to a stream, go at random speeds,
/// forget their last answer, break off and come back. Each must be told each event of its project once, in the order of each task, and
/// nothing else.
/// </summary>
public sealed class ChangeRace(TestPortal portal, ChangeRaceOptions options)
{
    private const string Reader = "agency";
    private const string Path = "/api/changes";
    private readonly List<string> violations = [];
    private readonly Lock gate = new();
    private Guid project;
    private Guid hidden;
    private Guid[] tasks = [];
    private int written;
    private int others;
    private int polls;
    private int streams;
    private int repeated;
    private volatile bool done;

    public async Task<ChangeRaceResult> RunAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        await PrepareAsync();
        await portal.TellableAsync();
        var start = (await portal.As(Reader).FetchAsync(Path)).Expect(200).Text("nextCursor");
        using var moving = new CancellationTokenSource();
        var clock = MoveAsync(moving.Token);
        var polled = Task.Run(() => PollAsync(start, new Random(options.Seed)));
        var streamed = Task.Run(() => ListenAsync(start, new Random(options.Seed + 1)));
        var restarts = Task.Run(RestartAsync);
        await Task.WhenAll(
            Enumerable.Range(0, options.Writers).Select(n => Task.Run(() => WriteAsync(new Random(options.Seed + 10 + n)))));
        done = true;
        await restarts;
        var expected = await ExpectedAsync();
        Compare("the poller", expected, await polled);
        Compare("the listener", expected, await streamed);
        await moving.CancelAsync();
        await clock;
        return new(violations, written, others, polls, streams, repeated, TimeProvider.System.GetElapsedTime(began));
    }

    private async Task PrepareAsync()
    {
        project = await portal.NewProjectAsync("In the race");
        hidden = (await portal.As("admin").PostAsync("/api/projects", new { name = "Elsewhere" })).Expect(201).Id;
        var made = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            made.Add((await portal.NewTaskAsync(project, $"Task {i}")).Id);
        }

        tasks = [.. made];
    }

    /// <summary>Waits are waits of the portal's clock.</summary>
    private async Task MoveAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            portal.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await PauseAsync(10);
        }
    }

    private async Task RestartAsync()
    {
        for (var i = 1; i <= options.Restarts; i++)
        {
            var due = options.Events * i / (options.Restarts + 1);
            while (Volatile.Read(ref written) < due && !done)
            {
                await PauseAsync(20);
            }

            await portal.RestartHostAsync();
        }
    }

    private async Task WriteAsync(Random random)
    {
        await using var connection = await portal.OpenAsync();
        while (Volatile.Read(ref written) < options.Events)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            if (random.Next(3) == 0)
            {
                // A number long before the first event: others that begin later may commit sooner.
                await connection.ExecuteAsync("select pg_current_xact_id()", transaction: transaction);
                await PauseAsync(random.Next(4));
            }

            var where = random.Next(10);
            var count = random.Next(1, 4);
            // Of one task: who locks several in any order waits for somebody who waits for them.
            var task = tasks[random.Next(tasks.Length)];
            for (var i = 0; i < count; i++)
            {
                await AddAsync(connection, transaction, where, task);
                await PauseAsync(random.Next(3));
            }

            if (random.Next(10) == 0)
            {
                await transaction.RollbackAsync();
                continue;
            }

            await transaction.CommitAsync();
            _ = where < 8 ? Interlocked.Add(ref written, count) : Interlocked.Add(ref others, count);
        }
    }

    /// <param name="where">8: another project; 9: another tenant, which names the same project.</param>
    private async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, int where, Guid task) =>
        await connection.ExecuteAsync("""
            with moved as (update portal.tasks set version = version + 1 where id = @task and @mine returning version)
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
            select gen_random_uuid(), @tenant, 'task', @task, 'task_status_changed',
                   jsonb_build_object('projectId', @project::uuid, 'number', coalesce((select version from moved), 0)), now()
            """, new
        {
            task,
            mine = where < 8,
            tenant = where == 9 ? TestPeople.OtherTenant : TestPeople.Tenant,
            project = where == 8 ? hidden : project,
        }, transaction);

    private async Task<IReadOnlyList<JsonNode>> PollAsync(string start, Random random)
    {
        var told = new List<JsonNode>();
        var cursor = start;
        await UntilAllAsync(told, async _ =>
        {
            var answer = await portal.As(Reader).FetchAsync($"{Path}?wait={random.Next(2)}&after={cursor}");
            Interlocked.Increment(ref polls);
            if (answer.Code == 429)
            {
                // Streams that were broken off count until the server has noticed.
                await PauseAsync(30);
                return;
            }

            if (random.Next(8) == 0)
            {
                // It died before it wrote anything down.
                Interlocked.Increment(ref repeated);
                return;
            }

            told.AddRange(answer.Expect(200).Field("items").AsArray().Select(item => item!));
            cursor = answer.Text("nextCursor");
            await PauseAsync(random.Next(30));
        });
        return told;
    }

    private async Task<IReadOnlyList<JsonNode>> ListenAsync(string start, Random random)
    {
        var told = new List<JsonNode>();
        var last = start;
        await UntilAllAsync(told, async ct =>
        {
            Interlocked.Increment(ref streams);
            using var request = new HttpRequestMessage(HttpMethod.Get, Path);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            request.Headers.Add("Last-Event-ID", last);
            using var response = await portal.As(Reader).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
            var left = random.Next(1, 200);
            var (id, data) = (last, "");
            for (string? line; left > 0 && !IsAll(told) && (line = await reader.ReadLineAsync(ct)) is not null;)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line[4..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    data = line[6..];
                }
                else if (line.Length == 0)
                {
                    last = id;
                    if (data.Length > 0)
                    {
                        told.Add(JsonNode.Parse(data)!);
                        (data, left) = ("", left - 1);
                    }
                }
            }
        });
        return told;
    }

    private bool IsAll(List<JsonNode> told) => done && told.Count >= written;

    private async Task UntilAllAsync(List<JsonNode> told, Func<CancellationToken, Task> read)
    {
        using var limit = new CancellationTokenSource(options.Limit, TimeProvider.System);
        while (!IsAll(told))
        {
            if (limit.IsCancellationRequested)
            {
                Violate($"told {told.Count} of {written} within {options.Limit}");
                return;
            }

            try
            {
                await read(limit.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The app is stopped, or was in the middle of an answer.
                await PauseAsync(20);
            }
        }
    }

    private async Task<IReadOnlyList<string>> ExpectedAsync()
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<string>("""
            select event_id::text from portal.events
             where tenant_id = @tenant and type = 'task_status_changed' and payload ->> 'projectId' = @project::text
             order by safe_from, seq
            """, new { tenant = TestPeople.Tenant, project })).AsList();
    }

    private void Compare(string who, IReadOnlyList<string> expected, IReadOnlyList<JsonNode> told)
    {
        var ids = told.Select(change => change["data"]!["id"]!.ToString()).ToList();
        var wanted = expected.ToHashSet();
        Violate(ids.Count(id => !wanted.Contains(id)), $"{who} was told events of others");
        Violate(ids.Count - ids.Distinct().Count(), $"{who} was told events twice");
        Violate(expected.Except(ids).Count(), $"{who} missed events");
        Violate(ids.SequenceEqual(expected) ? 0 : 1, $"{who} heard them in another order than they were safe to tell");
        foreach (var task in told.GroupBy(change => change["data"]!["subject"]!["id"]!.ToString()))
        {
            var numbers = task.Select(
                change => long.Parse(change["data"]!["details"]!["number"]!.ToString(), CultureInfo.InvariantCulture)).ToList();
            Violate(numbers.SequenceEqual(numbers.Order()) ? 0 : 1, $"{who} heard of task {task.Key} in another order than it moved");
        }
    }

    private void Violate(int count, string what)
    {
        if (count > 0)
        {
            Violate($"{what}: {count}");
        }
    }

    private void Violate(string what)
    {
        lock (gate)
        {
            violations.Add(what);
        }
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
