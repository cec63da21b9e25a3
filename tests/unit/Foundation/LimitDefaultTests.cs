using Portal.Foundation.Limits;

namespace Portal.Tests.Unit.Foundation;

/// <summary>Limits that nobody has set, and what they may be set to.</summary>
public sealed class LimitDefaultTests
{
    public static TheoryData<string> Names =>
    [
        .. typeof(LimitOptions).GetProperties().Where(limit => limit.PropertyType == typeof(int)).Select(limit => limit.Name),
    ];

    [Fact]
    public void Without_settings_the_limits_are_those_that_the_documentation_names()
    {
        var limits = new LimitOptions();

        Assert.Equal((600, 6000), (limits.UserPerMinute, limits.TenantPerMinute));
        Assert.Equal((100, 20), (limits.PlaybacksPerMinute, limits.UploadsPerDay));
        Assert.Equal((20, 10), (limits.FailedAttemptsPerMinute, limits.AuditReadsPerMinute));
        Assert.Equal((20, 50), (limits.LinksPerAddress, limits.AddressesPerLink));
        Assert.Equal(("enforce", ""), (limits.Mode, limits.Observed));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_limit_below_one_is_refused(string name)
    {
        var limit = typeof(LimitOptions).GetProperty(name)!;
        foreach (var (value, valid) in new[] { (0, false), (1, true) })
        {
            var limits = new LimitOptions();
            limit.SetValue(limits, value);
            Assert.Equal(valid, limits.IsValid() && limits.WatchIsValid());
        }
    }

    [Theory]
    [InlineData("enforce", "", "")]
    [InlineData("enforce", "user", "")]
    [InlineData("observe", "", "user tenant playback audit_reads")]
    [InlineData("observe", "tenant, playback", "tenant playback")]
    public void Only_what_keeps_the_load_down_is_ever_observed(string mode, string observed, string expected)
    {
        var limits = new LimitOptions { Mode = mode, Observed = observed };
        Assert.Equal(expected, string.Join(' ', LimitName.All.Where(limits.IsObserved)));
        Assert.All(LimitName.All, name => Assert.Equal(limits.IsObserved(name) ? "observe" : "enforce", limits.ModeOf(name)));
        Assert.True(limits.ModeIsValid() && limits.ObservedIsValid());
    }

    [Theory]
    [InlineData("uploads")]
    [InlineData("failed_attempts")]
    [InlineData("user;tenant")]
    [InlineData("everything")]
    public void What_protects_is_not_observed_by_naming_it(string observed)
    {
        var limits = new LimitOptions { Mode = "observe", Observed = observed };
        Assert.False(limits.ObservedIsValid());
        Assert.All(LimitName.All.Except(LimitName.Observable), name => Assert.False(limits.IsObserved(name)));
    }

    [Fact]
    public void What_is_watched_has_an_end()
    {
        Assert.True(new LimitOptions { LinksPerAddress = 1_000_000, AddressesPerLink = 1_000_000 }.WatchIsValid());
        Assert.False(new LimitOptions { LinksPerAddress = 1_000_001 }.WatchIsValid());
        Assert.False(new LimitOptions { AddressesPerLink = 1_000_001 }.WatchIsValid());
    }
}
