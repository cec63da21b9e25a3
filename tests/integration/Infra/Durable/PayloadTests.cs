using System.Globalization;
using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Durable;

/// <summary>Payloads go through start, activity, event, child and output as the real worker writes them, and come back the same.</summary>
public sealed class PayloadTests : DurableTest
{
    private enum Colour
    {
        Red,
        Green,
    }

    public static TheoryData<string> Shapes { get; } = new(
        "null", "\"\"", "\"text \\u0022quoted\\u0022 \\u00FCn\\u00EF \\u0000 \\uD83D\\uDE00\"", "0", "-12345678901234567890",
        "1.7976931348623157E+308", "true", "[]", "{}",
        "[[1,null],[\"a\",{}]]", "{\"a\":{\"b\":{\"c\":[1,2,{\"d\":null}]}}}", "{\"With space\":1,\"with space\":2}");

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_json_shape_passes_through_input_activity_event_child_and_output(string json)
    {
        Functions.Activity<JsonElement?, JsonElement?>("Same", input => input);
        Functions.Orchestrator("Child", context => Task.FromResult(context.GetInput<JsonElement?>()));
        Functions.Orchestrator("Main", async context =>
        {
            var through = await context.CallActivityAsync<JsonElement?>("Same", context.GetInput<JsonElement?>());
            through = await context.CallSubOrchestratorAsync<JsonElement?>("Child", through);
            context.SetCustomStatus(through);
            var raised = await context.WaitForExternalEvent<JsonElement?>("Go");
            return new[] { through, raised };
        });
        JsonElement? value = JsonDocument.Parse(json).RootElement is { ValueKind: not JsonValueKind.Null } element ? element : null;
        await Client.ScheduleNewOrchestrationInstanceAsync("Main", value, new StartOrchestrationOptions("i"));
        await IdleAsync();
        await ReplaceAsync(Engine);
        await Client.RaiseEventAsync("i", "Go", value);
        var done = await CompletedAsync("i");
        Assert.Equal($"[{json},{json}]", done.SerializedOutput);
        Assert.Equal(value is null ? null : json, done.SerializedCustomStatus);
    }

    [Fact]
    public async Task Types_are_written_as_the_worker_writes_them()
    {
        var value = new Everything(
            Colour.Green, new Guid("0193a3a5-9f1c-7c3e-8b1d-2f6a7c1e5d42"), new DateTimeOffset(
                2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(10)), TimeSpan.FromMinutes(90), 1.10m,
            [1, 2, 3], new() { ["k"] = null }, new DateOnly(2026, 2, 3), 'x');
        var done = await RunAsync(context => Task.FromResult(context.GetInput<Everything>()), value);
        Assert.Equal(
            """{"Colour":1,"Id":"0193a3a5-9f1c-7c3e-8b1d-2f6a7c1e5d42","At":"2026-01-02T03:04:05.678+10:00","Took":"01:30:00","Price":1.10,"Bytes":"AQID","Map":{"k":null},"Day":"2026-02-03","Letter":"x"}""",
            done.SerializedOutput);
        Assert.Equal(done.SerializedInput, done.SerializedOutput);
    }

    [Fact]
    public async Task A_payload_of_megabytes_passes()
    {
        var large = string.Concat(Enumerable.Range(0, 400_000).Select(n => n.ToString("x", CultureInfo.InvariantCulture)));
        var done = await RunAsync(context => context.CallActivityAsync<string>("Echo", context.GetInput<string>()), large);
        Assert.Equal(large, done.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_payload_that_cannot_be_read_as_the_type_asked_for_fails_where_it_is_awaited()
    {
        var done = await RunAsync(async context =>
        {
            try
            {
                return await context.CallActivityAsync<int>("Echo", "not a number");
            }
            catch (JsonException)
            {
                return -1;
            }
        });
        Assert.Equal(-1, done.ReadOutputAs<int>());
    }

    [Fact]
    public async Task What_the_database_cannot_store_fails_its_own_instance_and_no_other_of_the_batch()
    {
        var good = Enumerable.Range(0, 20).Select(n => $"good{n}").ToList();
        Functions.Orchestrator("Main", context => context.CallActivityAsync<string>("Echo", context.InstanceId));
        Functions.Orchestrator<int>("Bad", async context =>
        {
            await context.CallActivityAsync<string>("Echo", "x");
            throw new InvalidOperationException("a zero \0 byte");
        });
        await Task.WhenAll([
            .. good.Select(id => Client.ScheduleNewOrchestrationInstanceAsync("Main", new StartOrchestrationOptions(id))),
            Client.ScheduleNewOrchestrationInstanceAsync("Bad", new StartOrchestrationOptions("bad")),
        ]);
        foreach (var id in good)
        {
            Assert.Equal(id, (await CompletedAsync(id)).ReadOutputAs<string>());
        }

        var done = await CompletedAsync("bad");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, done.RuntimeStatus);
        Assert.StartsWith("The step could not be stored", done.SerializedOutput, StringComparison.Ordinal);
    }

    private sealed record Everything(
        Colour Colour, Guid Id, DateTimeOffset At, TimeSpan Took, decimal Price, byte[] Bytes, Dictionary<string, string?> Map,
        DateOnly Day, char Letter);
}
