using System.Text;

namespace Portal.Events.Deliveries.Mails;

/// <summary>A mail as plain text: everything that the HTML says, links written out.</summary>
public static class MailText
{
    public static string Render(MailContent content, MailBrand brand, string? unsubscribeUrl)
    {
        var text = new StringBuilder().Append(content.Heading).Append("\n\n");
        foreach (var part in content.Parts)
        {
            Append(text, part);
            text.Append('\n');
        }

        if (content.Action is { } action)
        {
            text.Append(action.Label).Append(":\n").Append(action.Url).Append("\n\n");
        }

        text.Append("-- \n").Append(brand.TenantName).Append('\n').Append(content.Why).Append('\n');
        return unsubscribeUrl is null
            ? text.ToString()
            : text.Append("No more mails like this: ").Append(unsubscribeUrl).Append('\n').ToString();
    }

    private static void Append(StringBuilder text, MailPart part)
    {
        switch (part)
        {
            case MailPart.Paragraph p:
                text.Append(p.Text).Append('\n');
                break;
            case MailPart.Quote q:
                text.Append("> ").Append(q.Text.ReplaceLineEndings("\n> ")).Append('\n');
                break;
            case MailPart.Facts f:
                foreach (var (name, value) in f.Entries)
                {
                    text.Append(name).Append(": ").Append(value).Append('\n');
                }

                break;
            case MailPart.Section items:
                text.Append(items.Title).Append('\n');
                foreach (var item in items.Entries)
                {
                    text.Append("* ").Append(item.Text).Append(
                        item.Note is null ? "" : $" ({item.Note})").Append(item.Url is null ? "" : $"\n  {item.Url}").Append('\n');
                }

                break;
            default:
                throw new InvalidOperationException("Unknown part.");
        }
    }
}
