using System.Globalization;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Outbox;

namespace Portal.Operations.OnCallMails;

/// <summary>A stretch of time that a mail is about.</summary>
public sealed record MailPeriod(DateTimeOffset Since, DateTimeOffset Until)
{
    internal static MailPeriod Of(PortalEvent e) => new(e.Time("since") ?? e.OccurredAt.AddDays(-1), e.Time("until") ?? e.OccurredAt);

    internal MailPart.Facts Facts() => new([("From", Time(Since)), ("To", Time(Until))]);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
