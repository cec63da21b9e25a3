using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Alerts;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>Which warnings are in the mail of which day.</summary>
public sealed class OnCallMailTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_warning_that_goes_on_is_in_the_mail_of_the_day_and_one_that_begins_after_it_in_the_next()
    {
        var midnight = new DateTimeOffset(portal.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        portal.Clock.AdvanceTo(midnight.AddMinutes(-1));
        await RaiseAsync(AlertKind.BruteForce, "goes-on");
        portal.Clock.AdvanceTo(midnight);
        await RaiseAsync(AlertKind.BruteForce, "goes-on");
        await RaiseAsync(AlertKind.KeyExpiring, "of-the-next-day");
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        var day = (await MailsAsync())[^1];
        Assert.Contains("1 warning", day.Subject, StringComparison.Ordinal);
        Assert.Contains("brute_force of goes-on", day.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("key_expiring", day.Text, StringComparison.Ordinal);

        portal.Clock.AdvanceTo(midnight.AddDays(1));
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        var next = (await MailsAsync())[^1];
        Assert.Contains("brute_force of goes-on", next.Text, StringComparison.Ordinal);
        Assert.Contains("key_expiring of of-the-next-day", next.Text, StringComparison.Ordinal);

        // Nothing was raised on the day after, and so there is no mail of it.
        portal.Clock.AdvanceTo(midnight.AddDays(2));
        await portal.RunTimerAsync("MailOperators");
        await portal.DeliverAsync();
        Assert.Equal(next.Id, (await MailsAsync())[^1].Id);

        async Task<IReadOnlyList<InboxMessage>> MailsAsync() =>
            [.. (await portal.InboxOfAsync("operator")).Where(mail => mail.Subject.Contains("warning", StringComparison.Ordinal))
                .OrderBy(mail => mail.AcceptedAt)];
    }

    private Task RaiseAsync(AlertKind kind, string key) => portal.Services.GetRequiredService<AlertStore>().AddAsync(
        new(kind, key, $"{kind} of {key}."), CancellationToken.None);
}
