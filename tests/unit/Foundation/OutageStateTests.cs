using Portal.Foundation.Outages;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What is off, and until when, of several switches and circuits at once.</summary>
public sealed class OutageStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("mux 2, share_links 4", "share_links", "share_links")]
    [InlineData("share_links 4, mux 2", "share_links", "share_links")]
    [InlineData("mux 4, share_links 2", "share_links", "mux")]
    [InlineData("share_links 2, mux 4", "share_links", "mux")]
    [InlineData("mux 2, share_links 4", "uploads", "mux")]
    [InlineData("share_links 4, mux 2 cleared", "uploads", null)]
    [InlineData("share_links 4 cleared, mux 2", "share_links", "mux")]
    [InlineData("share_links 0, mux 2", "share_links", "mux")]
    [InlineData("share_links 0, mux -1", "share_links", null)]
    [InlineData("clerk 3, resend 3, vercel_blob 3", "share_links", null)]
    [InlineData("vercel_blob 3", "uploads", null)]
    public void Of_several_switches_that_keep_a_feature_off_the_one_that_ends_last_says_until_when(
        string switches, string feature, string? target) => Assert.Equal(target, Of(switches).Find(feature, Now)?.Target);

    [Theory]
    [InlineData("mux 2, share_links 4", "mux", "mux")]
    [InlineData("mux 2", "uploads", null)]
    [InlineData("mux 0", "mux", null)]
    [InlineData("mux 2 cleared", "mux", null)]
    public void A_target_is_off_by_its_own_switch(string switches, string target, string? found) =>
        Assert.Equal(found, Of(switches).FindOwn(target, Now)?.Target);

    [Theory]
    [InlineData("vercel_blob 1", null, 0, "uploads")]
    [InlineData("mux 1", null, 0, "uploads")]
    [InlineData("clerk 1", null, 0, "invites")]
    [InlineData("resend 1", null, 0, "mail")]
    [InlineData("resend 0", null, 0, "")]
    [InlineData("resend 1 cleared", null, 0, "")]
    [InlineData("", VendorCircuit.Blob, 1, "uploads")]
    [InlineData("", VendorCircuit.Mux, 1, "uploads")]
    [InlineData("", VendorCircuit.Mux, 0, "")]
    [InlineData("", VendorCircuit.Clerk, 1, "invites")]
    [InlineData("", VendorCircuit.Resend, 1, "mail")]
    [InlineData("", VendorCircuit.ClerkKeys, 1, "")]
    [InlineData("", VendorCircuit.PagerDuty, 1, "")]
    [InlineData("resend 1", VendorCircuit.Mux, 1, "mail uploads")]
    public void What_goes_on_and_goes_worse(string switches, string? circuit, int openSeconds, string slow)
    {
        var state = Of(switches) with { Circuits = circuit is null ? [] : [new(circuit, Now, Now.AddSeconds(openSeconds))] };

        Assert.Equal(slow, string.Join(' ', Feature.All.Where(feature => state.IsSlow(feature, Now)).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(1, 1)]
    [InlineData(1.1, 2)]
    [InlineData(299.9, 300)]
    [InlineData(300, 300)]
    [InlineData(7200, 300)]
    public void Who_is_refused_waits_no_longer_than_five_minutes(double seconds, int retryAfter)
    {
        var refusal = OutageState.Refuse(Feature.Mail, Set("mail", Now.AddSeconds(seconds)), Now);

        Assert.Equal((Feature.Mail, retryAfter), (refusal.Feature, refusal.RetryAfter));
        Assert.Equal(
            $"E-mails are held back just now; none is lost. It is expected to be over by {Now.AddSeconds(seconds):yyyy-MM-dd HH:mm} UTC.",
            refusal.Detail);
    }

    /// <summary>Each as its target, the seconds that it is on from now, and whether somebody ended it.</summary>
    private static OutageState Of(string switches) => new(
        [
            .. switches.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(' ')).Select(
                parts => Set(parts[0], Now.AddSeconds(int.Parse(parts[1], null)), parts is [_, _, "cleared"] ? Now : null)),
        ],
        []);

    private static Switch Set(string target, DateTimeOffset until, DateTimeOffset? cleared = null) =>
        new(target, "Drill", until, "user_operator", Now.AddHours(-1), cleared, ClearedBy: null);
}
