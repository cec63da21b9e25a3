using Portal.Foundation.Faults;
using Portal.Functions.Videos.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Videos;

/// <summary>The pipeline's paths when a step fails: which failures are tried again, when, and as what the upload ends.</summary>
public sealed class UploadPipelineFailureTests
{
    private const string Open = "OpenUploadAtMux";
    private const string GetStatus = "GetUploadStatus";
    private const string Reconcile = "ReconcileUpload";
    private const string NoteAttempt = "NoteUploadAttempt";
    private const string Fail = "FailUpload";
    private const string CleanUp = "CleanUpUploadAtMux";
    private const string Away = "Mux is away (503)";
    private static readonly Opened Waiting = new("waiting");

    [Fact]
    public async Task Failures_to_try_again_are_noted_with_delays_that_double_from_thirty_seconds_to_fifteen_minutes()
    {
        var script = new PipelineScript().Fail<TransientException>(Open, Away, 7).Answer(Open, new Opened("ready"));

        Assert.Equal("ready", await script.RunAsync());
        // 30 s, 1, 2, 4, 8, 15 and 15 min.
        string[] moments = ["00:00:00", "00:00:30", "00:01:30", "00:03:30", "00:07:30", "00:15:30", "00:30:30", "00:45:30"];
        Assert.Equal(
            [
                .. moments.SkipLast(1).SelectMany(
                    at => new[] { $"{at} OpenUploadAtMux", $"{at} NoteUploadAttempt" }), "00:45:30 OpenUploadAtMux"
            ],
            script.History);
        var notes = script.Inputs<AttemptNote>(NoteAttempt);
        Assert.Equal(
            moments.Skip(1).Select(at => PipelineScript.Start + TimeSpan.Parse(at, null)), notes.Select(note => note.NextRetryAt));
        Assert.Equal(Enumerable.Range(1, 7), notes.Select(note => note.Attempts));
        Assert.All(notes, note => Assert.Equal((PipelineScript.Upload, Away), (note.Upload, note.Error)));
    }

    [Fact]
    public async Task Alert_is_asked_for_with_the_fourth_retry_only()
    {
        var script = new PipelineScript().Fail<TransientException>(Open, Away, 7).Answer(Open, new Opened("ready"));

        await script.RunAsync();

        Assert.Equal([4], script.Inputs<AttemptNote>(NoteAttempt).Where(note => note.Alert).Select(note => note.Attempts));
    }

    [Fact]
    public async Task A_turn_at_Mux_is_good_for_one_call()
    {
        var turn = new DateTimeOffset(PipelineScript.Start).AddSeconds(7);
        var script = new PipelineScript()
            .Answer(Open, new Opened("waiting", turn)).Fail<TransientException>(Open, Away).Answer(Open, new Opened("ready"));

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal([null, turn, null], script.Inputs<OpenRequest>(Open).Select(request => request.Slot));
    }

    [Fact]
    public async Task An_outage_of_any_length_fails_no_upload()
    {
        var script = new PipelineScript().Fail<TransientException>(Open, Away, 40).Answer(Open, new Opened("ready"));

        Assert.Equal("ready", await script.RunAsync());

        var notes = script.Inputs<AttemptNote>(NoteAttempt);
        Assert.Equal(Enumerable.Range(1, 40), notes.Select(note => note.Attempts));
        Assert.All(
            notes.Skip(6).Zip(notes.Skip(5)), pair =>
                Assert.Equal(TimeSpan.FromMinutes(15), pair.First.NextRetryAt - pair.Second.NextRetryAt));
        Assert.Empty(script.Inputs<FailureNote>(Fail));
    }

    [Fact]
    public async Task After_sixty_attempts_of_one_call_it_continues_as_new_with_the_same_upload()
    {
        var script = new PipelineScript().Answer(Open, Waiting).NoSignal().Fail<TransientException>(Reconcile, Away, 60);

        await script.RunAsync();

        Assert.Equal(59, script.Inputs<AttemptNote>(NoteAttempt).Count);
        Assert.Equal((PipelineScript.Upload, true), script.Restart);
        Assert.Empty(script.Inputs<FailureNote>(Fail));
    }

    [Fact]
    public async Task Asking_Mux_is_tried_again_too_and_each_asking_has_tries_of_its_own()
    {
        var script = new PipelineScript()
            .Answer(Open, Waiting)
            .NoSignal().Fail<TransientException>(Reconcile, Away).Answer(Reconcile, "waiting")
            .NoSignal().Fail<TransientException>(Reconcile, Away).Answer(Reconcile, "ready");

        Assert.Equal("ready", await script.RunAsync());
        Assert.Equal([1, 1], script.Inputs<AttemptNote>(NoteAttempt).Select(note => note.Attempts));
        // 2 min, 30 s, 4 min, 30 s.
        Assert.Equal("00:07:00 ReconcileUpload", script.History[^1]);
    }

    [Fact]
    public async Task What_Mux_refuses_fails_the_upload_at_once_with_its_reason()
    {
        var script = new PipelineScript().Fail<PermanentException>(Open, "The input URL is not allowed.").Answer(Fail, "failed");

        Assert.Equal("failed", await script.RunAsync());
        Assert.Equal(["00:00:00 OpenUploadAtMux", "00:00:00 FailUpload"], script.History);
        Assert.Equal(
            [new FailureNote(PipelineScript.Upload, "refused", "The input URL is not allowed.")], script.Inputs<FailureNote>(Fail));
    }

    [Fact]
    public async Task Bug_of_ours_fails_the_upload_at_once_and_keeps_its_text_from_the_uploader()
    {
        var script = new PipelineScript()
            .Answer(Open, Waiting).Signal().Fail<InvalidOperationException>(
                GetStatus, "column j.secret does not exist").Answer(Fail, "failed");

        Assert.Equal("failed", await script.RunAsync());
        var note = Assert.Single(script.Inputs<FailureNote>(Fail));
        Assert.Equal((PipelineScript.Upload, "internal_error"), (note.Upload, note.Code));
        Assert.Equal("Something went wrong on our side.", note.Reason);
        Assert.Equal(["waiting", "failed"], script.Statuses);
        Assert.Empty(script.Inputs<AttemptNote>(NoteAttempt));
    }

    [Theory]
    [InlineData("cancelled", "cancelled")]
    [InlineData(null, "failed")]
    public async Task Failure_that_comes_too_late_ends_as_the_row_says(string? row, string output)
    {
        var script = new PipelineScript().Fail<PermanentException>(Open, "no").Answer(Fail, row);

        Assert.Equal(output, await script.RunAsync());
        Assert.Equal(output, script.CustomStatus);
    }

    [Fact]
    public async Task Cleaning_up_is_tried_again_while_Mux_is_away()
    {
        var script = new PipelineScript()
            .Answer(Open, new Opened("cancelled")).Fail<TransientException>(CleanUp, Away).Answer(CleanUp, true);

        Assert.Equal("cancelled", await script.RunAsync());
        Assert.Equal("00:00:30 CleanUpUploadAtMux", script.History[^1]);
    }

    [Fact]
    public async Task Steps_in_our_own_rows_are_retried_by_the_engine_and_calls_to_Mux_are_not()
    {
        var script = new PipelineScript()
            .Fail<TransientException>(Open, Away).Answer(Open, Waiting)
            .Signal().Answer(GetStatus, "waiting")
            .NoSignal().Fail<PermanentException>(Reconcile, "no").Answer(Fail, "failed");

        await script.RunAsync();

        foreach (var (activity, _, options) in script.Calls)
        {
            var policy = options?.Retry?.Policy;
            Assert.Equal(activity is GetStatus or NoteAttempt or Fail, policy is not null);
            if (policy is not null)
            {
                Assert.Equal(
                    (300, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5)),
                    (policy.MaxNumberOfAttempts, policy.FirstRetryInterval, policy.BackoffCoefficient, policy.MaxRetryInterval));
            }
        }
    }
}
