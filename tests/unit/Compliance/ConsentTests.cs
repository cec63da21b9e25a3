using Portal.Compliance.Consents;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Whether somebody may be measured: every combination of what they said, to which notice, and what their browser says.</summary>
public sealed class ConsentTests
{
    private static readonly DateOnly Notice = new(2026, 12, 1);

    [Theory]
    [InlineData(null, 0, false, false, "undecided", false)]
    [InlineData(null, 0, true, false, "browser_signal", false)]
    [InlineData(true, 0, false, true, "decision", false)]
    [InlineData(true, 0, true, false, "browser_signal", false)]
    [InlineData(true, -1, false, false, "notice_changed", true)]
    [InlineData(true, -1, true, false, "browser_signal", true)]
    [InlineData(false, 0, false, false, "decision", false)]
    [InlineData(false, 0, true, false, "browser_signal", false)]
    [InlineData(false, -1, false, false, "decision", false)]
    public void What_counts(bool? said, int noticeDays, bool signal, bool granted, string because, bool asksAgain)
    {
        var decision = said is { } yes
            ? new ConsentDecision(ConsentPurpose.ViewingAnalytics, yes, Notice.AddDays(noticeDays), DateTimeOffset.UnixEpoch)
            : null;
        Assert.Equal(
            new Consent(ConsentPurpose.ViewingAnalytics, granted, because, decision, asksAgain),
            Consent.Of(ConsentPurpose.ViewingAnalytics, decision, new BrowserSignal(signal), Notice));
    }
}
