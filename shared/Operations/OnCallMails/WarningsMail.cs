using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Operations.OnCallMails;

/// <summary>What the portal warned of yesterday, by kind.</summary>
public sealed class WarningsMail(OnCallMailStore store, IOptions<MailOptions> options) : IMailWriter
{
    public IReadOnlyCollection<EventType> Types { get; } = [EventType.WarningsReported];

    public async Task<(MailContent? Content, string? Why)> WriteAsync(
        TenantId tenant, Delivery delivery, MailRecipient to, CancellationToken ct)
    {
        var period = MailPeriod.Of(delivery.Event);
        var kinds = await store.WarningsAsync(period, ct);
        if (kinds.Count == 0)
        {
            return (null, "nothing_to_say_any_more");
        }

        var day = Words.Day(DateOnly.FromDateTime(period.Until.UtcDateTime.AddDays(-1)));
        var count = Words.Count((int)kinds.Sum(of => of.Alerts), "warning", "warnings");
        var board = $"{options.Value.ApiUrl.TrimEnd('/')}/ops";
        return (new(
            $"Portal: {count}, {day}", string.Join(", ", kinds.Select(of => of.Kind)), $"{count} on {day}",
            [
                new MailPart.Paragraph(
                    "Nobody was paged for these. What each means and what to do is in the page on alerts of the playbook."),
                .. kinds.Select(of => new MailPart.Section(of.Kind, [new(of.Summary, Note(of), null)])),
                period.Facts(),
            ],
            new("Open the overview", $"{board}#alerts"), "You get this because you are on call, after days with warnings."), null);
    }

    private static string Note(WarningsOfKind of) =>
        $"{Words.Count((int)of.Alerts, "alert", "alerts")}, raised {Words.Count((int)of.Times, "time", "times")} since it began, "
        + (of.Open == 0 ? "over by now" : $"{of.Open} not over");
}
