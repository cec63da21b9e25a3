using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>
/// What the portal's orchestrations rely on, on both engines with the same words, through Durable's own routes: what passes on the fast
/// one passes on Microsoft's.
/// </summary>
public sealed class EngineTests(BothEngines engines) : IClassFixture<BothEngines>
{
    private const string Routes = "/runtime/webhooks/durabletask";

    public static TheoryData<string> Engines => [BothEngines.Fast, BothEngines.Microsofts];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Activities_run_in_sequence_and_the_history_shows_them(string engine)
    {
        var instance = await StartAsync(engine, "Sequence", "hey");

        var done = await instance.DoneAsync("Completed");

        Assert.Equal("hey!!", done["output"]!.ToString());
        Assert.Equal("2", done["customStatus"]!["shouted"]!.ToString());
        var history = (await instance.ReadAsync("showHistory=true&showHistoryOutput=true"))["historyEvents"]!.AsArray();
        Assert.Equal(
            [
                "ExecutionStarted Sequence", "TaskCompleted Shout \"hey!\"", "TaskCompleted Shout \"hey!!\"",
                "ExecutionCompleted  \"hey!!\""
            ],
            history.Select(
                row => $"{row!["EventType"]} {row["FunctionName"]}{(row["Result"] is { } result ? $" {result.ToJsonString()}" : "")}"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Many_activities_run_side_by_side(string engine) =>
        Assert.Equal("385", await OutputAsync(engine, "FanOut", 10));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_failing_activity_is_tried_again_by_the_policy(string engine) =>
        Assert.Equal("3", await OutputAsync(engine, "Retries", 2));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_orchestrator_learns_the_type_and_the_message_of_a_failure(string engine) =>
        Assert.Equal("True False no luck", await OutputAsync(engine, "Catches", null));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_failure_that_nobody_catches_fails_the_orchestration(string engine)
    {
        var failed = await (await StartAsync(engine, "Fails", null)).DoneAsync("Failed");

        Assert.Contains("for good", failed["output"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_sooner_of_two_timers_fires_and_the_other_is_cancelled(string engine) =>
        Assert.Equal("soon", await OutputAsync(engine, "Timers", null));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Events_are_heard_in_the_order_in_which_they_were_raised(string engine)
    {
        var instance = await StartAsync(engine, "Waits", 3);
        await instance.UntilStatusAsync("waiting");
        foreach (var word in new[] { "one", "two", "three" })
        {
            Assert.Equal(HttpStatusCode.Accepted, await instance.RaiseAsync("Go", word));
        }

        Assert.Equal("one two three", (await instance.DoneAsync("Completed"))["output"]!.ToString());
        Assert.Equal(HttpStatusCode.Gone, await instance.RaiseAsync("Go", "too late"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Continue_as_new_keeps_events_that_came_early(string engine)
    {
        var instance = await StartAsync(engine, "Counter", new { Count = 0, Total = 0 });
        await instance.UntilAsync("Running");
        foreach (var number in new[] { 1, 2, 4 })
        {
            await instance.RaiseAsync("Add", number);
        }

        Assert.Equal("7", (await instance.DoneAsync("Completed"))["output"]!.ToString());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Sub_orchestrations_answer_their_parent(string engine) =>
        Assert.Equal("x-a!! x-b!!", await OutputAsync(engine, "Parent", "x"));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_suspended_instance_hears_nothing_until_it_is_resumed(string engine)
    {
        var instance = await StartAsync(engine, "Waits", 1);
        await instance.UntilStatusAsync("waiting");

        Assert.Equal(HttpStatusCode.Accepted, await instance.DoAsync("suspend?reason=lunch"));
        await instance.UntilAsync("Suspended");
        await instance.RaiseAsync("Go", "now");
        Assert.Equal(HttpStatusCode.Accepted, await instance.DoAsync("resume?reason=back"));

        Assert.Equal("now", (await instance.DoneAsync("Completed"))["output"]!.ToString());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_failed_instance_that_is_rewound_makes_its_failed_call_again_and_no_other(string engine)
    {
        var instance = await StartAsync(engine, "Mends", 1);
        await instance.DoneAsync("Failed");

        Assert.Equal(HttpStatusCode.Accepted, await instance.DoAsync("rewind?reason=mended"));

        // Once before the call that failed, and twice that one.
        Assert.Equal("1 2", (await instance.UntilAsync("Completed"))["output"]!.ToString());
        Assert.Equal(HttpStatusCode.Gone, await instance.DoAsync("rewind?reason=again"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_terminated_instance_ends_with_the_reason_and_can_be_purged(string engine)
    {
        var instance = await StartAsync(engine, "Waits", 1);
        await instance.UntilStatusAsync("waiting");

        Assert.Equal(HttpStatusCode.Accepted, await instance.DoAsync("terminate?reason=enough"));

        Assert.Equal("enough", (await instance.DoneAsync("Terminated"))["output"]!.ToString());
        Assert.Equal(HttpStatusCode.Gone, await instance.DoAsync("terminate?reason=again"));
        Assert.Equal(HttpStatusCode.OK, await instance.PurgeAsync());
        Assert.Equal(HttpStatusCode.NotFound, await instance.PurgeAsync());
        Assert.Equal(HttpStatusCode.NotFound, await instance.RaiseAsync("Go", "nobody"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_id_is_taken_while_its_instance_runs(string engine)
    {
        var instance = await StartAsync(engine, "Waits", 1);
        await instance.UntilStatusAsync("waiting");

        Assert.Equal(HttpStatusCode.Conflict, (await instance.StartAgainAsync("Waits", 1)).StatusCode);

        await instance.RaiseAsync("Go", "first");
        Assert.Equal("first", (await instance.DoneAsync("Completed"))["output"]!.ToString());
    }

    [Fact]
    public async Task A_worker_that_is_killed_in_the_middle_is_started_again_and_goes_on()
    {
        var chains = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(BothEngines.Microsofts, "Chain", 12)));
        await Task.WhenAll(chains.Select(chain => chain.UntilAsync("Running")));

        engines.Real.KillWorker();

        foreach (var chain in chains)
        {
            Assert.Equal("12", (await chain.DoneAsync("Completed"))["output"]!.ToString());
        }
    }

    [Fact]
    public async Task A_host_whose_storage_and_worker_have_ended_before_it_stops_soon_and_starts_nothing_again()
    {
        var storage = await Published.StorageAsync();
        var host = await BothEngines.StartRealAsync(storage);
        await storage.DisposeAsync();
        using var worker = Process.GetProcessById(host.WorkerId);

        var stopping = host.DisposeAsync().AsTask();
        worker.Kill();
        await stopping.WaitAsync(TimeSpan.FromSeconds(40), TimeProvider.System);

        Assert.Equal(worker.Id, host.WorkerId);
    }

    private async Task<string> OutputAsync(string engine, string orchestration, object? input) =>
        (await (await StartAsync(engine, orchestration, input)).DoneAsync("Completed"))["output"]!.ToString();

    private async Task<Instance> StartAsync(string engine, string orchestration, object? input)
    {
        var instance = new Instance(engines.Client(engine), $"{orchestration}-{Guid.NewGuid():N}");
        using var response = await instance.StartAgainAsync(orchestration, input);
        Assert.True(
            response.StatusCode == HttpStatusCode.Accepted, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return instance;
    }

    private sealed record Instance(HttpClient Http, string Id)
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

        public Task<HttpResponseMessage> StartAgainAsync(string orchestration, object? input) =>
            Http.PostAsJsonAsync($"{Routes}/orchestrators/{orchestration}/{Id}", input);

        public async Task<JsonNode> ReadAsync(string query = "") => (await Http.FetchAsync($"{Routes}/instances/{Id}?{query}")).Json!;

        public async Task<JsonNode> UntilAsync(string status) => await Eventually.ValueAsync(
            () => ReadAsync(), json => json["runtimeStatus"]!.ToString() == status, $"{Id} to be {status}", Limit);

        /// <summary>The same, or it is over in another way, which fails at once.</summary>
        public async Task<JsonNode> DoneAsync(string status)
        {
            var done = await Eventually.ValueAsync(
                () => ReadAsync(), json => json["runtimeStatus"]!.ToString() is "Completed" or "Failed" or "Terminated", $"{Id} to end",
                Limit);
            Assert.True(done["runtimeStatus"]!.ToString() == status, done.ToJsonString());
            return done;
        }

        public async Task UntilStatusAsync(string custom) => await Eventually.ValueAsync(
            () => ReadAsync(), json => json["customStatus"]?.ToString() == custom, $"{Id} to say {custom}", Limit);

        public async Task<HttpStatusCode> RaiseAsync(string name, object payload)
        {
            using var response = await Http.PostAsJsonAsync($"{Routes}/instances/{Id}/raiseEvent/{name}", payload);
            return response.StatusCode;
        }

        public async Task<HttpStatusCode> DoAsync(string what)
        {
            using var response = await Http.PostAsync(new Uri($"{Routes}/instances/{Id}/{what}", UriKind.Relative), null);
            return response.StatusCode;
        }

        public async Task<HttpStatusCode> PurgeAsync()
        {
            using var response = await Http.DeleteAsync(new Uri($"{Routes}/instances/{Id}", UriKind.Relative));
            return response.StatusCode;
        }
    }
}
