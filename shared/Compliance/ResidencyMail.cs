using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation;

namespace Portal.Compliance;

/// <summary>The weekly report on where data lies is there.</summary>
public sealed class ResidencyMail(ResidencyStore reports, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.ResidencyReport];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var e = delivery.Event;
        var id = e.Id("reportId") ?? e.AggregateId;
        var report = (await reports.TextsAsync(tenant, id, ct))?.Read();
        List<(string, string)> facts = [("Report", id.ToString()), ("Made", Words.Time(e.OccurredAt, to.Brand.TimeZone))];
        if (e.Text("sha256") is { } sha)
        {
            facts.Add(("SHA-256", sha));
        }

        var videos = (report?.Videos ?? []).Where(of => of.Videos > 0).Select(of => new MailItem(
            ResidencyHtml.Number(of.Videos),
            $"{ResidencyHtml.VideoWords(of.Place)}; {ResidencyHtml.Number(of.Bytes)} bytes", null)).ToList();
        IEnumerable<MailPart> parts =
        [
            new MailPart.Paragraph(
                $"The weekly report says where every class of {to.Brand.TenantName}'s data is stored and processed, by whom, and how much "
                    + "there is. The evidence is kept with its SHA-256."),
            .. Incomplete(report?.Undeclared ?? []),
            .. videos.Count == 0 ? Array.Empty<MailPart>() : [new MailPart.Section("Where the videos are", videos)],
            new MailPart.Facts(facts),
        ];
        return (new(
            $"Data residency report of {Words.Day(DateOnly.FromDateTime(e.OccurredAt.UtcDateTime))}",
            "Where every class of data is stored and processed, and how much of it.",
            "The data residency report is ready", [.. parts],
            new("Read the report", $"{options.Value.PortalUrl}/reports/residency/{id}"),
            $"You get this because you look after compliance at {to.Brand.TenantName}."), null);
    }

    private static IEnumerable<MailPart> Incomplete(IReadOnlyList<string> undeclared) => undeclared.Count == 0
        ? []
        : [new MailPart.Paragraph(
            $"This report is not complete: no class of data declares what is in {string.Join(", ", undeclared)}. Those who run the portal "
                + "have been alerted.")];
}
