using System.Text.Json;
using Portal.Functions.Operations;
using Portal.Operations.Orchestrations;

namespace Portal.Tests.Unit.Operations;

/// <summary>Timelines made of Durable's shaped history.</summary>
public sealed class ReadTimelineTests
{
    [Fact]
    public void A_failed_call_its_pause_and_its_next_try_belong_together()
    {
        var timeline = Of("Running", """
            {"EventType":"ExecutionStarted","Timestamp":"2026-03-02T09:00:00Z","FunctionName":"P"}
            {"EventType":"TaskFailed","Timestamp":"2026-03-02T09:00:02Z","ScheduledTime":"2026-03-02T09:00:00Z","FunctionName":"A","Reason":"away","FailureDetails":{"ErrorType":"X","ErrorMessage":"Mux answered 503."}}
            {"EventType":"TaskCompleted","Timestamp":"2026-03-02T09:00:02Z","ScheduledTime":"2026-03-02T09:00:02Z","FunctionName":"Note"}
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:02Z","FireAt":"2026-03-02T09:00:32Z"}
            {"EventType":"TimerFired","Timestamp":"2026-03-02T09:00:33Z","FireAt":"2026-03-02T09:00:32Z"}
            {"EventType":"TaskScheduled","Timestamp":"2026-03-02T09:00:33Z","Name":"A"}
            """);
        Assert.Equal(
            ["started P done -", "activity A failed 1", "activity Note done 1", "retryWait A done 2", "activity A running 2"],
            timeline.Entries.Select(Short));
        Assert.Equal("Failed: Mux answered 503.", TimelineWords.Of(timeline.Entries[1]));
        Assert.Equal("Waited 31 s.", TimelineWords.Of(timeline.Entries[3]));
        Assert.Equal("Try 2. Under way.", TimelineWords.Of(timeline.Entries[4]));
    }

    [Fact]
    public void A_timer_that_news_overtook_is_cut_and_one_that_is_still_to_come_waits()
    {
        var timeline = Of("Running", """
            {"EventType":"ExecutionStarted","Timestamp":"2026-03-02T09:00:00Z","FunctionName":"P"}
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:00Z","FireAt":"2026-03-02T09:02:00Z"}
            {"EventType":"EventRaised","Timestamp":"2026-03-02T09:00:05Z","Name":"Changed"}
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:05Z","FireAt":"2026-03-02T09:02:05Z"}
            """);
        Assert.Equal(["started P done -", "timer  cut -", "event Changed done -", "timer  waiting -"], timeline.Entries.Select(Short));
        Assert.Equal("Ended early: Changed.", TimelineWords.Of(timeline.Entries[1]));
        Assert.Equal("Until 09:02:05 UTC.", TimelineWords.Of(timeline.Entries[3]));
    }

    [Fact]
    public void Timers_of_one_moment_fire_in_the_order_they_were_made()
    {
        var timeline = Of("Running", """
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:00Z","FireAt":"2026-03-02T09:02:00Z"}
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:01Z","FireAt":"2026-03-02T09:02:00Z"}
            {"EventType":"TimerFired","Timestamp":"2026-03-02T09:02:00Z","FireAt":"2026-03-02T09:02:00Z"}
            """);
        Assert.Equal(["done", "waiting"], timeline.Entries.Select(entry => entry.State));
    }

    [Fact]
    public void Calls_side_by_side_are_no_tries_of_each_other()
    {
        var timeline = Of("Running", """
            {"EventType":"TaskFailed","Timestamp":"2026-03-02T09:00:09Z","ScheduledTime":"2026-03-02T09:00:00Z","FunctionName":"A","Reason":"x"}
            {"EventType":"TaskCompleted","Timestamp":"2026-03-02T09:00:02Z","ScheduledTime":"2026-03-02T09:00:00Z","FunctionName":"A"}
            {"EventType":"TaskCompleted","Timestamp":"2026-03-02T09:00:03Z","ScheduledTime":"2026-03-02T09:00:01Z","FunctionName":"A"}
            {"EventType":"TaskScheduled","Timestamp":"2026-03-02T09:00:09Z","FunctionName":"A"}
            """);
        Assert.Equal([1, 1, 1, 2], timeline.Entries.Select(entry => entry.Attempt));
    }

    [Fact]
    public void With_nothing_under_way_it_waits_for_news()
    {
        var timeline = Of("Running", """{"EventType":"ExecutionStarted","Timestamp":"2026-03-02T09:00:00Z","FunctionName":"P"}""");
        Assert.Equal(["started P done -", "eventWait  waiting -"], timeline.Entries.Select(Short));
    }

    [Fact]
    public void What_has_no_answer_at_the_end_gets_none()
    {
        var timeline = Of("Terminated", """
            {"EventType":"TaskScheduled","Timestamp":"2026-03-02T09:00:00Z","FunctionName":"A"}
            {"EventType":"TimerCreated","Timestamp":"2026-03-02T09:00:00Z","FireAt":"2026-03-02T09:02:00Z"}
            {"EventType":"ExecutionTerminated","Timestamp":"2026-03-02T09:00:04Z","Reason":"operator:0af7"}
            {"EventType":"ExecutionCompleted","Timestamp":"2026-03-02T09:00:04Z","OrchestrationStatus":"Terminated"}
            """);
        Assert.Equal(["activity A cut 1", "timer  cut -", "terminated  done -"], timeline.Entries.Select(Short));
        Assert.Equal("By an Operator; the audit log has the reason under request 0af7.", TimelineWords.Of(timeline.Entries[2]));
    }

    [Fact]
    public void A_history_that_is_long_keeps_its_start_and_its_latest()
    {
        var rows = Enumerable.Range(0, 1000).Select(i =>
            $$"""{"EventType":"TaskCompleted","Timestamp":"{{new DateTime(2026, 3, 2).AddMinutes(i):s}}Z","ScheduledTime":"{{new DateTime(2026, 3, 2).AddMinutes(i):s}}Z","FunctionName":"A{{i}}"}""");
        var timeline = Of("Completed", string.Join('\n', rows));
        Assert.Equal(
            (300, 700, "A0", "A999"), (timeline.Entries.Count, timeline.Earlier, timeline.Entries[0].Name, timeline.Entries[^1].Name));
    }

    [Fact]
    public void Rows_that_nobody_knows_are_left_out() => Assert.Empty(Of("Completed", """
        {"EventType":"HistoryState","Timestamp":"2026-03-02T09:00:00Z"}
        {"EventType":"TaskCompleted"}
        {"Timestamp":"2026-03-02T09:00:00Z"}
        """).Entries);

    private static string Short(TimelineEntry entry) =>
        $"{entry.Kind} {entry.Name} {entry.State} {entry.Attempt?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}";

    private static Timeline Of(string status, string rows) => ReadTimeline.Of(new(
        "x", "P", status, null, null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch,
        [.. rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => JsonSerializer.Deserialize<JsonElement>(row))]));
}
