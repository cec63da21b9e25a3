using System.Text.RegularExpressions;
using Portal.Compliance;
using Portal.Events;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Playbook;

/// <summary>The documents of the playbook are whole and true of the code; what is not names the document and the line.</summary>
public sealed partial class PlaybookTests
{
    public static TheoryData<string> Documents => [.. PlaybookDocuments.Wanted.Keys];

    public static TheoryData<string> Pages =>
        [.. Sources.Files("*.md", "docs").Concat(Sources.Files("README.md", "infra", "tests")).Select(file => file.Path), "README.md"];

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_has_its_front_matter_and_all_its_parts(string name) =>
        None(PlaybookDocuments.ShapeFaults(Page(name)));

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_says_nothing_that_the_code_contradicts(string name) => None(CodeFacts.Faults(Page(name)));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_what_is_there(string path) => None(DocumentLinks.Faults(PlaybookDocuments.Read(path)));

    [Fact]
    public void The_contents_list_every_document_and_every_runbook()
    {
        var listed = Listed().Matches(Sources.Read(PlaybookDocuments.Contents)).Select(match => match.Groups[1].Value).ToHashSet();
        var there = Sources.Files("*.md", PlaybookDocuments.Folder).Select(file => file.Path[(PlaybookDocuments.Folder.Length + 1)..])
            .Where(path => path != "README.md").ToList();

        Assert.Empty(there.Except(listed));
        Assert.Equal(
            PlaybookDocuments.Wanted.Keys.Order(),
            there.Where(path => PlaybookDocuments.Read($"{PlaybookDocuments.Folder}/{path}").FrontMatter.Count > 0).Select(
                path => path[..^".md".Length]).Order());
    }

    [Fact]
    public void Diagrams_stand_in_documents_as_they_stand_in_their_files()
    {
        var files = Sources.Files("*.mmd", "docs/diagrams").ToDictionary(
            file => file.Text.ReplaceLineEndings("\n").Trim(), file => file.Path);
        var shown = PlaybookDocuments.All.SelectMany(
            page => page.Blocks.Where(block => block.Language == "mermaid").Select(block => (page, block))).ToList();

        None(shown.Where(at => !files.ContainsKey(at.block.Text.Trim())).Select(
            at => at.page.Fault(at.block.Line, "this diagram is in no file of docs/diagrams.")));
        None(shown.Where(at => files.TryGetValue(at.block.Text.Trim(), out var file)
                && !at.page.Text.Contains($"`{file}`", StringComparison.Ordinal)).Select(
            at => at.page.Fault(at.block.Line, "the document names the diagram's file.")));
        Assert.Empty(files.Keys.Except(shown.Select(at => at.block.Text.Trim())).Select(text => files[text]));

        // Colours are the reader's theme's, light or dark: one that is set here would be hard to read in the other.
        Assert.All(files.Keys, text => Assert.False(Coloured().IsMatch(text), files[text]));
    }

    [Fact]
    public void Tables_that_repeat_a_catalogue_are_that_catalogue()
    {
        var classes = Page("compliance/data-residency-and-retention").Table("Residency decision matrix", "class")!.Rows;
        Assert.Equal(
            DataClasses.All.Select(of => (of.Name.ToLowerInvariant(), of.Classification)),
            classes.Select(row => (row.Cells[0], row.Cells[1])));
        Assert.All(DataClasses.All.Zip(classes), of => Assert.All(
            of.First.Holders,
            holder => Assert.Contains(holder.Split(' ')[0], string.Join(' ', of.Second.Cells.Skip(2)), StringComparison.Ordinal)));

        None(NameFaults(
            "operations/vendor-outage-runbooks", "Vendor contact matrix", "vendor", DataClasses.Processors.Select(vendor => vendor.Name)));
        None(NameFaults("analytics/minimal-analytics-instrumentation", "Event taxonomy", "metric", MetricNames.All));
    }

    [Fact]
    public void Every_journey_is_walked_by_a_test()
    {
        var page = Page("testing/e2e-critical-journeys");
        var table = page.Table("Journeys", "journey")!;

        Assert.Equal(PlaybookDocuments.Journeys, table.Rows.Select(row => row.Cells[0]));
        Assert.All(table.Rows, row =>
        {
            var tests = TestName().Matches(row.Cells[table.Column("walked by")]).Select(match => match.Groups[1].Value).ToList();
            Assert.True(tests.Count > 0 && tests.All(CodeFacts.IsTest), $"{page.Path}:{row.Line}: {row.Cells[0]} has lost its test.");
            Assert.True(
                row.Cells[table.Column("in a browser")].StartsWith("Chromium", StringComparison.Ordinal) == CodeFacts.IsInBrowser(tests[^1]),
                $"{page.Path}:{row.Line}: the last test is the one in a browser, where there is one.");
        });
    }

    /// <summary>A statement that stops being true is found, and where: each is broken here.</summary>
    [Theory]
    [InlineData(
        "security/signed-playback-and-sharing", "| 15 minutes | `PlaybackTokens.MaxTtl` |",
        "| 16 minutes | `PlaybackTokens.MaxTtl` |", "which is 00:15:00")]
    [InlineData(
        "security/rate-limiting-and-abuse-controls", "100 a minute<!-- LimitOptions",
        "200 a minute<!-- LimitOptions", "which is 100")]
    [InlineData(
        "compliance/data-residency-and-retention", "| 90 days | `RetentionDefaults.GuestDays` |",
        "| 90 hours | `RetentionDefaults.GuestDays` |", "which is 90")]
    [InlineData(
        "product/share-token-management-ui", "`POST /api/share-links/{id}/extend`",
        "`POST /api/share-links/{id}/prolong`", "the API has no POST")]
    [InlineData(
        "platform/mux-upload-and-webhook-reliability", "| `webhook_dead` | error |",
        "| `webhook_lost` | error |", "no alert webhook_lost")]
    [InlineData(
        "observability/upload-telemetry", "| `upload_failed` | warning |",
        "| `upload_failed` | critical |", "upload_failed is warning")]
    [InlineData(
        "security/audit-logging-and-vendor-review", "`portal.audit_seals`",
        "`portal.audit_stamps`", "no table portal.audit_stamps")]
    [InlineData(
        "cost/cost-monitoring-and-alerting", "from portal.asset_versions",
        "from portal.asset_copies", "no table portal.asset_copies")]
    [InlineData("operations/slo-and-incident-response", "409 `freeze-held`", "409 `freeze-kept`", "refused with freeze-kept")]
    [InlineData("operations/vendor-outage-runbooks", "`Mux:WebhookSecret`", "`Mux:WebhookKey`", "no setting Mux:WebhookKey")]
    [InlineData(
        "analytics/minimal-analytics-instrumentation", "event `share_link_opened`",
        "event `share_link_clicked`", "no event share_link_clicked")]
    [InlineData(
        "compliance/cookie-consent-and-privacy-notice", "409 `notice-outdated`",
        "409 `notice-stale`", "refused with notice-stale")]
    [InlineData(
        "testing/e2e-critical-journeys", "`DemoTests.The_demo_does_the_main_job_and_leaves_with_0`",
        "`DemoTests.The_demo_is_nice`", "no test DemoTests.The_demo_is_nice")]
    public void A_statement_that_is_not_true_is_named_with_its_line(string name, string truth, string broken, string says)
    {
        var page = Page(name);
        Assert.Contains(truth, page.Text, StringComparison.Ordinal);
        var line = page.Text[..page.Text.IndexOf(truth, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

        var faults = CodeFacts.Faults(new(page.Path, Replaced(page.Text, truth, broken))).Select(fault => fault.ToString()).ToList();

        Assert.Contains(faults, fault => fault.StartsWith($"{page.Path}:{line}: ", StringComparison.Ordinal)
            && fault.Contains(says, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("owner: Security Lead", "owner: Liam", "owner is one of")]
    [InlineData("## Threats and mitigations", "## Threats", "has no section “Threats and mitigations”")]
    [InlineData("| FR-2 |", "| FR-3 |", "this is FR-2")]
    [InlineData("Codex REC-001", "Codex REC-009", "no decision answers Codex REC-001")]
    public void A_document_out_of_shape_is_named(string shape, string broken, string says)
    {
        var page = Page("security/signed-playback-and-sharing");

        Assert.Contains(
            PlaybookDocuments.ShapeFaults(new(page.Path, page.Text.Replace(shape, broken, StringComparison.Ordinal))),
            fault => fault.What.Contains(says, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[a](../security/gone.md)", "docs/playbook/security/gone.md is not there.")]
    [InlineData("[a](../README.md#no-such-heading)", "has no heading #no-such-heading.")]
    [InlineData("[a](http://example.com/)", "no address that begins with https.")]
    [InlineData("[a](https://exa mple)", null)]
    [InlineData("[a](https://example)", "no address that begins with https.")]
    [InlineData("`[a](gone.md)`", null)]
    public void A_link_that_leads_nowhere_is_named(string text, string? says)
    {
        var fault = DocumentLinks.Faults(new($"{PlaybookDocuments.Folder}/cost/a.md", $"# A\n\n{text}\n")).SingleOrDefault();

        Assert.Equal(says is not null, fault is not null);
        Assert.True(fault is null || (fault.Line == 3 && fault.What.Contains(says!, StringComparison.Ordinal)), fault?.ToString());
    }

    /// <summary>The first column has these names, in any order, and no others.</summary>
    private static IEnumerable<PageFault> NameFaults(string name, string section, string column, IEnumerable<string> names)
    {
        var page = Page(name);
        var (wanted, rows) = (names.ToHashSet(), page.Table(section, column)!.Rows);
        return
        [
            .. rows.Where(row => !wanted.Contains(row.Cells[0].Trim('`'))).Select(
                row => page.Fault(row.Line, $"there is no {column} {row.Cells[0]}.")),
            .. wanted.Except(rows.Select(row => row.Cells[0].Trim('`'))).Select(
                missing => page.Fault(page.LineOf(section), $"the {column} {missing} is not in the table.")),
        ];
    }

    private static MarkdownPage Page(string name) => PlaybookDocuments.Read($"{PlaybookDocuments.Folder}/{name}.md");

    private static string Replaced(string text, string truth, string broken)
    {
        var at = text.IndexOf(truth, StringComparison.Ordinal);
        return $"{text[..at]}{broken}{text[(at + truth.Length)..]}";
    }

    private static void None(IEnumerable<PageFault> faults)
    {
        var all = faults.Distinct().ToList();
        Assert.True(all.Count == 0, $"{all.Count} statements to mend:\n{string.Join('\n', all)}");
    }

    [GeneratedRegex(@"\]\(([\w-]+/[\w-]+\.md)\)")]
    private static partial Regex Listed();

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex("%%\\{|^\\s*(style|classDef|linkStyle) |\\brect rgb", RegexOptions.Multiline)]
    private static partial Regex Coloured();
}
