using Portal.Tests.Staging;

namespace Portal.Tests.Integration.Operations;

/// <summary>
/// The checks of tests/staging hold against the local portal as it is, and each line of each report fails when the portal answers as one
/// would in which that is broken.
/// </summary>
public sealed class StagingCheckTests(StagingPortal staging) : IClassFixture<StagingPortal>
{
    public static TheoryData<string> Checks => [.. StagingCheck.All.Select(check => check.Name)];

    public static TheoryData<string> WrongAnswers => [.. WrongAnswer.All.Select(wrong => wrong.ToString())];

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task A_check_holds_against_the_portal_as_it_is(string check)
    {
        var run = staging.Runs[check];
        Assert.True(run.Code == 0, run.Output);
        Assert.NotEmpty(RecordedRun.Lines(run.Output));

        // Told again unchanged it holds too: what fails below fails for the change alone.
        var (code, output) = await staging.AgainAsync(check);
        Assert.True(code == 0, output);
    }

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task A_wrong_answer_fails_its_line(string wrong)
    {
        var told = WrongAnswer.All.Single(each => each.ToString() == wrong);
        var (code, output) = await staging.AgainAsync(told.Check, told.Asked, told.Change);

        Assert.True(code == 1, output);
        Assert.Contains((told.Line, false), RecordedRun.Lines(output));
    }

    [Fact]
    public void Every_line_of_every_report_is_failed_by_some_wrong_answer()
    {
        var failed = WrongAnswer.All.Select(each => (each.Check, each.Line)).ToHashSet();
        Assert.Empty(
            from run in staging.Runs
            from line in RecordedRun.Lines(run.Value.Output)
            where !failed.Contains((run.Key, line.Asked))
            select $"{run.Key}: {line.Asked}");
    }

    [Fact]
    public async Task All_of_them_are_one_report_with_its_date_and_portal_and_without_any_secret()
    {
        var (code, output) = await staging.AgainAsync("all");

        Assert.True(code == 0, output);
        Assert.StartsWith("# Staging checks of portal.staging.example\n", output, StringComparison.Ordinal);
        Assert.All(StagingCheck.All, check => Assert.Contains($"| {check.Name} | 2026-03-02 ", output, StringComparison.Ordinal));
        Assert.Contains($"* Portal: {StagingPortal.Address}\n", output, StringComparison.Ordinal);
        Assert.All(staging.Secrets, secret => Assert.DoesNotContain(secret, output, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"eyJ|[\w-]{43}", output);
    }

    [Fact]
    public async Task One_check_that_does_not_hold_makes_the_whole_end_with_1()
    {
        var (code, output) = await staging.AgainAsync("all", "one more made-up session", WrongAnswer.As(401));
        Assert.Equal(1, code);
        Assert.Contains("**does not hold**", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_of_the_checks_are_revoked_and_their_rows_say_whose_they_were()
    {
        Assert.Equal(0, await staging.Portal.ScalarAsync<long>("select count(*) from portal.share_links where status = 'active'"));
        Assert.NotEqual(
            0, await staging.Portal.ScalarAsync<long>("select count(*) from portal.share_links where label like 'Staging check %'"));
    }

    [Fact]
    public async Task What_cannot_be_prepared_stops_the_check_with_the_reason()
    {
        var (code, output) = await staging.AgainAsync(
            "revocation", "a share link", WrongAnswer.As(409, """{"type":"/problems/asset-not-ready","detail":"No version is ready."}"""));
        Assert.Equal(1, code);
        Assert.Contains(
            "**Stopped**: a share link was asked for, and the answer was 409 asset-not-ready. No version is ready.", output,
            StringComparison.Ordinal);

        // In the middle too, where every line holds so far.
        (code, output) = await staging.AgainAsync(
            "cors-cookies", "a share link", (_, at, answer) => at == 1 ? answer with { Status = 500 } : answer);
        Assert.Equal(1, code);
        Assert.All(RecordedRun.Lines(output), line => Assert.True(line.Holds, output));
        Assert.Contains("**Stopped**: a share link was asked for, and the answer was 500.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_stops_its_check_and_the_others_are_reported()
    {
        var (code, output) = await staging.AgainAsync("all", "a share link", WrongAnswer.As(201, "[]"));
        Assert.Equal(1, code);
        Assert.Contains("**Stopped**: An answer could not be read: ", output, StringComparison.Ordinal);
        Assert.All(StagingCheck.All, check => Assert.Contains($"\n## {check.Name}\n", output, StringComparison.Ordinal));
        Assert.Contains("| that row under a seal | ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the stream after revoking", 60, 900)]
    [InlineData("the stream after a hard revoke", 12, 60)]
    public async Task A_stream_that_ends_at_the_limit_holds_and_one_that_ends_later_does_not(string stream, int lastAttempt, int limit)
    {
        AnswerChange EndsAt(int attempt) => (_, at, answer) => answer with { Status = at < attempt ? 200 : 403 };
        var (code, output) = await staging.AgainAsync("revocation", stream, EndsAt(lastAttempt));
        Assert.True(code == 0, output);
        Assert.Contains($"403 after {limit} s", output, StringComparison.Ordinal);

        (code, output) = await staging.AgainAsync("revocation", stream, EndsAt(lastAttempt + 1));
        Assert.Equal(1, code);
        Assert.Contains((stream, false), RecordedRun.Lines(output));
    }
}
