using Portal.Foundation.Limits;

namespace Portal.Tests.Unit.Foundation;

/// <summary>Limits that nobody has set, and what they may be set to.</summary>
public sealed class LimitDefaultTests
{
    public static TheoryData<string> Names => [.. typeof(LimitOptions).GetProperties().Select(limit => limit.Name)];

    [Fact]
    public void Without_settings_the_limits_are_those_that_the_documentation_names()
    {
        var limits = new LimitOptions();

        Assert.Equal((600, 6000), (limits.UserPerMinute, limits.TenantPerMinute));
        Assert.Equal((100, 20), (limits.PlaybacksPerMinute, limits.UploadsPerDay));
        Assert.Equal((20, 10), (limits.FailedAttemptsPerMinute, limits.AuditReadsPerMinute));
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
            Assert.Equal(valid, limits.IsValid());
        }
    }
}
