using System.Text;
using Portal.Foundation;
using Portal.People;

namespace Portal.Events.Deliveries.Mails;

/// <summary>
/// A mail as HTML that old and plain mail programs show well: one column, styles on the elements, a table only to centre it. Dark where
/// the reader's program is dark. No script, no remote content but the tenant's own logo; all text is encoded.
/// </summary>
public static class MailHtml
{
    private const string Font = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

    private const string Dark = """
        @media (prefers-color-scheme: dark) {
          .page { background: #14181d !important; }
          .card { background: #1e242b !important; }
          .text { color: #e8ebee !important; }
          .soft { color: #a7b0ba !important; }
          .line { border-color: #39424c !important; }
          .link { color: #9cc4ff !important; }
        }
        @media (max-width: 480px) { .card { padding: 24px 20px !important; } .button { display: block !important; text-align: center !important; } }
        """;

    public static string Render(MailContent content, MailBrand brand, string? unsubscribeUrl)
    {
        var html = new StringBuilder(
            "<!doctype html>\n<html lang=\"en-AU\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
                + "initial-scale=1\">")
            .Append(
                "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\"><title>")
            .Append(Html.Encode(content.Subject)).Append("</title><style>").Append(Dark).Append("</style></head>")
            .Append(
                "<body class=\"page\" style=\"margin:0;padding:0;background:#eef1f4\"><div "
                    + "style=\"display:none;max-height:0;overflow:hidden\">")
            .Append(Html.Encode(content.Preview)).Append("</div>")
            .Append(
                "<table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
                    + "style=\"background:#eef1f4\"><tr><td align=\"center\" style=\"padding:24px 12px\">")
            .Append("<div style=\"max-width:600px;text-align:left;overflow-wrap:anywhere;font:16px/1.55 ").Append(Font).Append("\">");
        Head(html, brand);
        html.Append(
            "<div class=\"card\" style=\"background:#ffffff;border-radius:12px;padding:32px 36px\"><h1 class=\"text\" style=\"margin:0 0 "
                + "16px;font-size:22px;line-height:1.3;color:#17202a\">")
            .Append(Html.Encode(content.Heading)).Append("</h1>");
        foreach (var part in content.Parts)
        {
            Append(html, part);
        }

        if (content.Action is { } action)
        {
            html.Append(
                "<p style=\"margin:24px 0 8px\"><a class=\"button\" href=\"").Append(Html.Encode(action.Url)).Append(
                    "\" style=\"display:inline-block;background:")
                .Append(brand.AccentColor).Append(";color:").Append(AccentColour.TextOn(brand.AccentColor))
                .Append(
                    ";text-decoration:none;font-weight:600;border-radius:8px;padding:12px 22px\">").Append(Html.Encode(action.Label))
                        .Append("</a></p>");
        }

        html.Append("</div>");
        Foot(html, content, unsubscribeUrl);
        return html.Append("</div></td></tr></table></body></html>\n").ToString();
    }

    private static void Head(StringBuilder html, MailBrand brand)
    {
        html.Append("<p class=\"text\" style=\"margin:0 4px 12px;font-weight:600;color:#17202a\">");
        if (brand.LogoUrl is { } logo)
        {
            html.Append("<img src=\"").Append(Html.Encode(logo)).Append(
                "\" alt=\"\" height=\"32\" style=\"height:32px;vertical-align:middle;border:0;margin-right:10px\">");
        }

        html.Append(Html.Encode(brand.TenantName)).Append("</p>");
    }

    private static void Foot(StringBuilder html, MailContent content, string? unsubscribeUrl)
    {
        html.Append(
            "<p class=\"soft\" style=\"margin:16px 4px 0;font-size:13px;line-height:1.5;color:#5b6671\">").Append(Html.Encode(content.Why));
        if (unsubscribeUrl is not null)
        {
            html.Append(" <a class=\"soft\" href=\"").Append(Html.Encode(unsubscribeUrl)).Append(
                "\" style=\"color:#5b6671\">No more mails like this</a>");
        }

        html.Append("</p>");
    }

    private static void Append(StringBuilder html, MailPart part)
    {
        switch (part)
        {
            case MailPart.Paragraph p:
                html.Append("<p class=\"text\" style=\"margin:0 0 14px;color:#17202a\">").Append(Lines(p.Text)).Append("</p>");
                break;
            case MailPart.Quote q:
                html.Append(
                    "<blockquote class=\"text line\" style=\"margin:0 0 14px;padding:4px 0 4px 14px;border-left:3px solid "
                        + "#cfd6dd;color:#17202a;overflow-wrap:anywhere\">")
                    .Append(Lines(q.Text)).Append("</blockquote>");
                break;
            case MailPart.Facts f:
                html.Append("<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 14px;font-size:15px\">");
                foreach (var (name, value) in f.Entries)
                {
                    html.Append(
                        "<tr><td class=\"soft\" valign=\"top\" style=\"padding:2px 16px 2px 0;color:#5b6671;white-space:nowrap\">")
                            .Append(Html.Encode(name))
                        .Append(
                            "</td><td class=\"text\" style=\"padding:2px 0;color:#17202a;overflow-wrap:anywhere;word-break:break-word\">")
                                .Append(Html.Encode(value)).Append("</td></tr>");
                }

                html.Append("</table>");
                break;
            case MailPart.Section items:
                Append(html, items);
                break;
            default:
                throw new InvalidOperationException("Unknown part.");
        }
    }

    private static void Append(StringBuilder html, MailPart.Section items)
    {
        html.Append(
            "<div style=\"margin:0 0 18px\"><h2 class=\"text\" style=\"margin:22px 0 6px;font-size:16px;color:#17202a\">")
                .Append(Html.Encode(items.Title)).Append("</h2>");
        foreach (var item in items.Entries)
        {
            html.Append(
                "<div class=\"line\" style=\"padding:8px 0;border-top:1px solid #e3e8ed\"><div class=\"text\" "
                    + "style=\"color:#17202a;overflow-wrap:anywhere\">");
            html.Append(
                item.Url is null
                    ? Html.Encode(item.Text)
                    : $"<a class=\"link\" href=\"{Html.Encode(item.Url)}\" style=\"color:#1a56b0;text-decoration:none\">{Html.Encode(item.Text)}</a>")
                        .Append("</div>");
            if (item.Note is not null)
            {
                html.Append("<div class=\"soft\" style=\"font-size:14px;color:#5b6671\">").Append(Html.Encode(item.Note)).Append("</div>");
            }

            html.Append("</div>");
        }

        html.Append("</div>");
    }

    private static string Lines(string text) => Html.Encode(text.ReplaceLineEndings("\n")).Replace("\n", "<br>", StringComparison.Ordinal);
}
