using Portal.Functions.Videos.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Videos;

/// <summary>The pipeline's paths while nothing goes wrong: opening in its slot, waiting, ending. The numbers are the
/// specification's.</summary>
public sealed class UploadPipelineWaitingTests
{
    private const string Open = "OpenUploadAtMux";
    private const string GetStatus = "GetUploadStatus";
    private const string Reconcile = "ReconcileUpload";
    private const string CleanUp = "CleanUpUploadAtMux";
    private static readonly Opened Waiting = new("waiting");
    private static readonly Opened WithoutOriginal = new("waiting", NeedsBlob: true);

    [Theory]
    [InlineData("ready")]
    [InlineData("failed")]
    [InlineData("timed_out")]
    public async Task Opened_at_once_and_signalled_when_settled_ends_as_its_row_says(string settled)
    {
        var script = new PipelineScript().Answer(Open, Waiting).Signal().Answer(GetStatus, "processing").Signal()
            .Answer(GetStatus, settled);

        Assert.Equal(settled, await script.RunAsync());
        Assert.Equal(
            ["00:00:00 OpenUploadAtMux", "00:00:00 signal", "00:00:00 GetUploadStatus", "00:00:00 signal", "00:00:00 GetUploadStatus"],
            script.History);
        Assert.Equal([new OpenRequest(PipelineScript.Upload, null)], script.Inputs<OpenRequest>(Open));
        Assert.Equal([PipelineScript.Upload, PipelineScript.Upload], script.Inputs<UploadRef>(GetStatus));
        Assert.Equal(settled, script.CustomStatus);
        Assert.Null(script.Restart);
    }

    [Fact]
    public async Task Upload_that_is_settled_when_opened_is_not_waited_for()
    {
        var script = new PipelineScript().Answer(Open, new Opened("ready"));

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal("ready", script.CustomStatus);
    }

    [Fact]
    public async Task Waits_its_turn_and_comes_back_with_it_without_using_a_try()
    {
        // Nine slots, more than there are attempts; one is written in Sydney's time.
        var start = new DateTimeOffset(PipelineScript.Start);
        var script = new PipelineScript();
        for (var slot = 1; slot <= 9; slot++)
        {
            script.Answer(Open, new Opened("waiting", start.AddSeconds(slot * 7).ToOffset(TimeSpan.FromHours(slot == 1 ? 11 : 0))));
        }

        script.Answer(Open, new Opened("ready"));

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal(Enumerable.Range(0, 10).Select(slot => $"{TimeSpan.FromSeconds(slot * 7):c} OpenUploadAtMux"), script.History);
        Assert.Equal(
            [null, .. Enumerable.Range(1, 9).Select(slot => (DateTimeOffset?)start.AddSeconds(slot * 7))],
            script.Inputs<OpenRequest>(Open).Select(request => request.Slot));
    }

    [Fact]
    public async Task Blob_waits_for_its_original_and_opens_when_it_has_come()
    {
        var script = new PipelineScript()
            .Answer(Open, WithoutOriginal).Signal().Answer(Reconcile, "waiting")
            .Answer(Open, Waiting).Signal().Answer(GetStatus, "ready");

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal(
            [
                "00:00:00 OpenUploadAtMux", "00:00:00 signal", "00:00:00 ReconcileUpload",
                "00:00:00 OpenUploadAtMux", "00:00:00 signal", "00:00:00 GetUploadStatus",
            ],
            script.History);
    }

    [Fact]
    public async Task Blob_that_nobody_signals_is_asked_for_every_fifteen_minutes()
    {
        var script = new PipelineScript()
            .Answer(Open, WithoutOriginal).NoSignal().Answer(Reconcile, "waiting")
            .Answer(Open, WithoutOriginal).NoSignal().Answer(Reconcile, "timed_out");

        Assert.Equal("timed_out", await script.RunAsync());
        Assert.Equal(
            ["00:00:00 OpenUploadAtMux", "00:15:00 ReconcileUpload", "00:15:00 OpenUploadAtMux", "00:30:00 ReconcileUpload"],
            script.History);
    }

    [Fact]
    public async Task Without_a_signal_Mux_is_asked_after_two_minutes()
    {
        var script = new PipelineScript().Answer(Open, Waiting).NoSignal().Answer(Reconcile, "ready");

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal(["00:00:00 OpenUploadAtMux", "00:02:00 ReconcileUpload"], script.History);
        Assert.Equal([PipelineScript.Upload], script.Inputs<UploadRef>(Reconcile));
    }

    [Fact]
    public async Task Wait_doubles_from_two_minutes_to_fifteen()
    {
        var script = new PipelineScript().Answer(Open, Waiting).NoSignal(6).Answer(Reconcile, "waiting", 5).Answer(Reconcile, "ready");

        Assert.Equal("ready", await script.RunAsync());
        // 2, 4, 8, 15, 15, 15.
        Assert.Equal(
            ["00:02:00", "00:06:00", "00:14:00", "00:29:00", "00:44:00", "00:59:00"],
            script.History.Skip(1).Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Signal_after_a_timer_is_heard_and_leaves_the_wait_as_long_as_it_was()
    {
        var script = new PipelineScript()
            .Answer(Open, Waiting)
            .NoSignal().Answer(Reconcile, "waiting")
            .Signal().Answer(GetStatus, "processing")
            .NoSignal().Answer(Reconcile, "ready");

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal(
            [
                "00:00:00 OpenUploadAtMux", "00:02:00 ReconcileUpload", "00:02:00 signal", "00:02:00 GetUploadStatus",
                "00:06:00 ReconcileUpload"
            ],
            script.History);
    }

    [Fact]
    public async Task Cancelled_while_waiting_is_cleaned_up_at_Mux()
    {
        var script = new PipelineScript().Answer(Open, Waiting).Signal().Answer(GetStatus, "cancelled").Answer(CleanUp, true);

        Assert.Equal("cancelled", await script.RunAsync());
        Assert.Equal([PipelineScript.Upload], script.Inputs<UploadRef>(CleanUp));
        Assert.Equal("cancelled", script.CustomStatus);
    }

    [Fact]
    public async Task Cancelled_before_it_is_opened_is_cleaned_up_at_Mux()
    {
        var script = new PipelineScript().Answer(Open, new Opened("cancelled")).Answer(CleanUp, true);

        Assert.Equal("cancelled", await script.RunAsync());
    }

    [Fact]
    public async Task Attempt_that_is_superseded_ends_failed_and_cleans_nothing_up()
    {
        var signalled = new PipelineScript().Answer(Open, Waiting).Signal().Answer(GetStatus, null);
        var reconciled = new PipelineScript().Answer(Open, Waiting).NoSignal().Answer(Reconcile, null);
        var withoutOriginal = new PipelineScript().Answer(Open, WithoutOriginal).NoSignal().Answer(Reconcile, null);

        foreach (var script in new[] { signalled, reconciled, withoutOriginal })
        {
            Assert.Equal("failed", await script.RunAsync());
            Assert.Equal("failed", script.CustomStatus);
        }
    }

    [Fact]
    public async Task After_a_day_of_waiting_it_continues_as_new_with_the_same_upload()
    {
        var script = new PipelineScript().Answer(Open, Waiting).NoSignal(61).Answer(Reconcile, "processing", 61);

        await script.RunAsync();

        Assert.Equal("14:44:00 ReconcileUpload", script.History[^1]);
        Assert.Equal((PipelineScript.Upload, true), script.Restart);
    }
}
