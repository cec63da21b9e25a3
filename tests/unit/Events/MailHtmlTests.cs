using Portal.Events.Deliveries.Mails;

namespace Portal.Tests.Unit.Events;

/// <summary>What people write is text in every place of a mail, and never HTML.</summary>
public sealed class MailHtmlTests
{
    private const string Hostile = "<img src=x onerror=\"alert(1)\">";
    private const string Harmless = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;";

    public static TheoryData<string, MailContent> Places => new()
    {
        { "subject", Content() with { Subject = Hostile } },
        { "preview", Content() with { Preview = Hostile } },
        { "heading", Content() with { Heading = Hostile } },
        { "why", Content() with { Why = Hostile } },
        { "label of the action", Content() with { Action = new(Hostile, "https://portal.example") } },
        { "address of the action", Content() with { Action = new("Open", Hostile) } },
        { "paragraph", With(new MailPart.Paragraph(Hostile)) },
        { "quote", With(new MailPart.Quote(Hostile)) },
        { "name of a fact", With(new MailPart.Facts([(Hostile, "value")])) },
        { "value of a fact", With(new MailPart.Facts([("name", Hostile)])) },
        { "title of a section", With(new MailPart.Section(Hostile, [])) },
        { "item", With(new MailPart.Section("Due", [new(Hostile, null, null)])) },
        { "item that leads somewhere", With(new MailPart.Section("Due", [new(Hostile, null, "https://portal.example")])) },
        { "note of an item", With(new MailPart.Section("Due", [new("Task", Hostile, null)])) },
        { "address of an item", With(new MailPart.Section("Due", [new("Task", null, Hostile)])) },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void Signs_of_HTML_are_escaped_wherever_they_stand(string place, MailContent content)
    {
        var html = Render(content, Brand());
        Assert.True(html.Contains(Harmless, StringComparison.Ordinal), place);
        Assert.DoesNotContain(Hostile, html, StringComparison.Ordinal);
    }

    [Fact]
    public void So_are_those_of_the_tenant_and_of_the_address_to_unsubscribe_at()
    {
        Assert.DoesNotContain(Hostile, Render(Content(), Brand() with { TenantName = Hostile }), StringComparison.Ordinal);
        Assert.DoesNotContain(Hostile, Render(Content(), Brand() with { LogoUrl = Hostile }), StringComparison.Ordinal);
        Assert.DoesNotContain(Hostile, MailHtml.Render(Content(), Brand(), Hostile), StringComparison.Ordinal);
    }

    private static string Render(MailContent content, MailBrand brand) => MailHtml.Render(content, brand, null);

    private static MailContent With(MailPart part) => Content() with { Parts = [part] };

    private static MailContent Content() => new("Subject", "Preview", "Heading", [], null, "Because of this.");

    private static MailBrand Brand() => new("Harbour", "Harbour", null, "#1a56b0", "UTC");
}
