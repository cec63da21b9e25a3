using Portal.Foundation.Identity;
using Portal.Operations.Orchestrations;

namespace Portal.Tests.Unit.Operations;

/// <summary>What on-call is told to make of an orchestration.</summary>
public sealed class DiagnosisTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("waiting", "Running", 1, "running", "running")]
    [InlineData("waiting", "Pending", 1, "running", "pending")]
    [InlineData("waiting", "Pending", 2, "running", "pending")]
    [InlineData("waiting", "Pending", 3, "stuck", "engine_behind")]
    [InlineData("waiting", "Suspended", 1, "stuck", "suspended")]
    [InlineData("waiting", "Terminated", 1, "stuck", "abandoned")]
    [InlineData("processing", "Completed", 1, "stuck", "abandoned")]
    [InlineData("processing", "Failed", 1, "stuck", "abandoned")]
    [InlineData("processing", "Running", 59, "running", "running")]
    [InlineData("processing", "Running", 60, "running", "running")]
    [InlineData("processing", "Running", 61, "stuck", "slow_at_mux")]
    [InlineData("waiting", null, 1, "running", "starting")]
    [InlineData("waiting", null, 2, "stuck", "not_started")]
    [InlineData("waiting", null, 3, "stuck", "not_started")]
    [InlineData("failed", "Completed", 1, "failed", "mux_errored")]
    [InlineData("timed_out", null, 1, "failed", "timed_out")]
    [InlineData("ready", "Completed", 1, "over", "ready")]
    [InlineData("cancelled", "Completed", 1, "over", "cancelled")]
    public void Of_an_upload(string upload, string? runtime, int minutes, string group, string code)
    {
        var finding = Diagnosis.Of(runtime is null ? null : Instance(runtime, minutes), Upload(upload, minutes), Now);
        Assert.Equal((group, code), (finding.Group, finding.Code));
    }

    [Theory]
    [InlineData("Running", "running")]
    [InlineData("ContinuedAsNew", "running")]
    [InlineData("Suspended", "stuck")]
    [InlineData("Failed", "failed")]
    [InlineData("Terminated", "over")]
    [InlineData("Canceled", "over")]
    [InlineData("Completed", "over")]
    public void Of_an_orchestration_without_an_upload(string runtime, string group) =>
        Assert.Equal(group, Diagnosis.Of(Instance(runtime, 1), null, Now).Group);

    [Theory]
    [InlineData(1, 60, "running", "retrying")]
    [InlineData(3, 60, "running", "retrying")]
    [InlineData(4, 60, "stuck", "retrying")]
    [InlineData(1, -60, "running", "retrying")]
    [InlineData(1, -180, "stuck", "engine_behind")]
    public void Of_tries(int attempts, int dueInSeconds, string group, string code)
    {
        var upload = Upload("waiting", 1) with { Attempts = attempts, NextRetryAt = Now.AddSeconds(dueInSeconds) };
        var finding = Diagnosis.Of(Instance("Running", 1), upload, Now);
        Assert.Equal((group, code), (finding.Group, finding.Code));
    }

    [Theory]
    [InlineData(29, "running")]
    [InlineData(30, "running")]
    [InlineData(31, "overdue")]
    public void An_upload_that_should_have_timed_out_is_stuck(int minutesAgo, string code) => Assert.Equal(
        code, Diagnosis.Of(Instance("Running", 1), Upload("waiting", 1) with { ExpiresAt = Now.AddMinutes(-minutesAgo) }, Now).Code);

    [Fact]
    public void An_earlier_attempt_is_over_and_names_the_current_one()
    {
        var finding = Diagnosis.Of(Instance("Completed", 1), Upload("failed", 1) with { CurrentAttempt = 3 }, Now);
        Assert.Equal("over", finding.Group);
        Assert.Contains("attempt 3", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("failed", "Completed", "replay")]
    [InlineData("timed_out", null, "replay")]
    [InlineData("waiting", "Terminated", "replay")]
    [InlineData("waiting", "Running", "suspend,terminate")]
    [InlineData("waiting", "Suspended", "resume,terminate")]
    [InlineData("ready", "Completed", "")]
    [InlineData("cancelled", "Completed", "")]
    [InlineData("waiting", null, "")]
    public void What_can_be_done_about_it(string upload, string? runtime, string acts) => Assert.Equal(
        acts, string.Join(
            ',', OrchestrationAct.PossibleFor(
                runtime is null ? null : Instance(runtime, 1), Upload(upload, 1)).Order(StringComparer.Ordinal)));

    /// <summary>"In 939 ms" is over before it is read.</summary>
    [Theory]
    [InlineData(1.0, "in 1 s")]
    [InlineData(0.999, "now")]
    [InlineData(-5, "now")]
    public void The_next_attempt_comes_now_or_in_a_while(double dueInSeconds, string when) => Assert.Contains(
        $"the next attempt comes {when}.",
        Diagnosis.Of(
            Instance("Running", 1), Upload("waiting", 1) with { Attempts = 1, NextRetryAt = Now.AddSeconds(dueInSeconds) }, Now).Text,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(0.25, "250 ms")]
    [InlineData(2.5, "2.5 s")]
    [InlineData(30, "30 s")]
    [InlineData(240, "4 min")]
    [InlineData(10_800, "3 h")]
    [InlineData(259_200, "3 days")]
    public void Spans_are_said_as_people_say_them(double seconds, string text) =>
        Assert.Equal(text, Diagnosis.Span(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("0195d3f0-7d4c-7000-8000-000000000001-1", true)]
    [InlineData("0195d3f0-7d4c-7000-8000-000000000001-0", false)]
    [InlineData("0195d3f0-7d4c-7000-8000-000000000001", false)]
    [InlineData("0195d3f0-7d4c-7000-8000-000000000001-+1", false)]
    [InlineData("nightly-1", false)]
    public void Only_a_job_and_an_attempt_name_an_upload(string id, bool names) =>
        Assert.Equal(names, InstanceIds.UploadOf(id) is not null);

    [Theory]
    [InlineData("nightly", true)]
    [InlineData("a.b@c:d", true)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a?b", false)]
    [InlineData("a#b", false)]
    [InlineData("a\nb", false)]
    [InlineData("", false)]
    public void An_id_never_leads_out_of_its_path(string id, bool possible) => Assert.Equal(possible, InstanceIds.IsPossible(id));

    private static OrchestrationInstance Instance(string status, int minutes) =>
        new("x", "UploadPipeline", status, null, null, Now.AddMinutes(-minutes), Now.AddMinutes(-minutes), []);

    private static UploadNote Upload(string status, int minutes) => new(
        Guid.Empty, new TenantId(Guid.Empty), 1, 1, "direct", status, 0, null, null, status == "failed"
            ? "mux_errored"
            : null, null, null, Now.AddHours(1), Now.AddMinutes(-minutes), Now.AddMinutes(-minutes));
}
