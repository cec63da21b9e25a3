using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portal.Foundation;
using Portal.Foundation.Alerts;
using Portal.Operations.Alerts;
using Portal.Operations.Incidents;
using Portal.Operations.Objectives;
using Portal.Operations.OnCallMails;

namespace Portal.Tests.Unit.Operations;

/// <summary>The rules of alerts that need no database: limits, dates, what a week was like.</summary>
public sealed class AlertRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("inbox", 1, 600, null)]
    [InlineData("inbox", 1, 601, "inbox_behind")]
    [InlineData("inbox", 1000, 0, null)]
    [InlineData("inbox", 1001, 0, "inbox_behind")]
    [InlineData("outbox", 5000, 300, null)]
    [InlineData("outbox", 1, 301, "outbox_behind")]
    [InlineData("outbox", 5001, 0, "outbox_behind")]
    [InlineData("engine", 100_000, 300, null)]
    [InlineData("engine", 1, 301, "engine_behind")]
    [InlineData("failed", 9, 0, null)]
    [InlineData("failed", 10, 0, "deliveries_failing")]
    [InlineData("dead", 9, 9_999_999, null)]
    [InlineData("dead", 10, 0, "webhooks_dying")]
    [InlineData("something new", 1_000_000, 9_999_999, null)]
    public void What_waits_is_told_from_its_depth_or_age_on(string what, long depth, int seconds, string? kind)
    {
        var alert = BacklogRules.Of(new(what, "mux", depth, Now.AddSeconds(-seconds)), Now);
        Assert.Equal(kind, alert?.Kind.Name);
        Assert.True(alert is null || BacklogRules.Kinds.Contains(alert.Kind), "Whoever raises it ends it.");
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("mux=2026-05-01", 1)]
    [InlineData(" mux = 2026-05-01 , audit=2027-01-31,", 2)]
    [InlineData("mux", null)]
    [InlineData("=2026-05-01", null)]
    [InlineData("mux=01.05.2026", null)]
    [InlineData("mux=2026-02-30", null)]
    public void Dates_of_keys_are_read_or_refused(string setting, int? count) =>
        Assert.Equal(count, new AlertsOptions { Expiring = setting }.ExpiringThings()?.Count);

    [Theory]
    [InlineData("2026-03-29", "2026-03-23")]
    [InlineData("2026-03-30", "2026-03-30")]
    [InlineData("2026-04-01", "2026-03-30")]
    [InlineData("2026-04-05", "2026-03-30")]
    public void A_week_begins_on_Monday(string day, string monday) =>
        Assert.Equal(At(monday), MailOperators.LastMonday(At(day)));

    [Theory]
    [InlineData(0, 0, 0, 0, true)]
    [InlineData(999, 1000, 9990, 9995, true)]
    [InlineData(998, 1000, 9990, 9995, false)]
    [InlineData(1000, 1000, 990, 1000, false)]
    public void A_week_is_kept_when_its_budget_burned_no_faster_than_it_may_and_some_is_left(
        long good, long total, long budgetGood, long budgetTotal, bool kept) => Assert.Equal(
        kept, ObjectivesMail.IsKept(
            ServiceObjectives.Of(Objective.Availability), new(Objective.Availability, good, total, budgetGood, budgetTotal, 0)));

    [Fact]
    public void An_event_of_PagerDuty_is_too_old_before_the_inbox_forgets_it() =>
        Assert.True(PagerDutyMoves.LongestAge < TimeSpan.FromDays(RetentionDefaults.WebhookDays));

    [Fact]
    public async Task The_end_of_a_certificate_is_read_also_where_browsers_refuse_it()
    {
        var end = new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(end.AddYears(-10), end);
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var served = ServeAsync();
        Assert.Equal(end, await CertificateEnds.ReadAsync(new Uri($"https://127.0.0.1:{port}"), CancellationToken.None));
        await served;
        listener.Stop();
        Assert.Null(await CertificateEnds.ReadAsync(new Uri($"https://127.0.0.1:{port}"), CancellationToken.None));

        async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(client.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(certificate);
                await tls.ReadExactlyAsync(new byte[1]);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The reader hangs up on a certificate that nobody vouches for.
            }
        }
    }

    private static DateTimeOffset At(string day) => DateTimeOffset.Parse($"{day}T00:00:00Z", null);
}
