using System.Collections.Concurrent;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Playbook;

/// <summary>The documents of the playbook as docs/playbook/README.md lists them, and the shape that each has.</summary>
internal static class PlaybookDocuments
{
    private static readonly ConcurrentDictionary<string, MarkdownPage> Pages = new(StringComparer.Ordinal);

    public const string Folder = "docs/playbook";
    public const string Contents = Folder + "/README.md";

    /// <summary>Who answers for a document: roles, for people change.</summary>
    public static readonly IReadOnlyList<string> Owners =
        ["Security Lead", "Compliance Officer", "Reliability Engineer", "Finance Ops Partner", "Product Lead", "QA Lead"];

    public static readonly IReadOnlyList<string> Tags = ["security", "compliance", "reliability", "cost", "analytics"];

    /// <summary>Parts of every document, in this order; a document has more between them.</summary>
    public static readonly IReadOnlyList<string> Sections =
    [
        "Executive summary", "Context", "Requirements", "Approach and alternatives", "Diagram", "Data and retention", "Interfaces",
        "Threats and mitigations", "Controls", "Numbers", "Metrics", "Rollout and rollback", "Monitoring hooks", "Decision log",
        "Assumptions", "QA checklist", "References", "Change log",
    ];

    /// <summary>Each document with the parts that it has besides, and the recommendations that it answers.</summary>
    public static readonly IReadOnlyDictionary<string, (string[] Besides, string[] Answers)> Wanted =
        new Dictionary<string, (string[], string[])>
        {
            ["security/signed-playback-and-sharing"] = (
                ["Revocation checklist", "Code appendix"], ["Codex REC-001", "Qwen REC-001", "Gemini REC-001"]),
            ["platform/mux-upload-and-webhook-reliability"] = (
                ["Dead-letter triage", "Webhook payload"], ["Codex REC-002", "Gemini REC-002", "Gemini REC-003", "Claude REC-006"]),
            ["compliance/data-residency-and-retention"] = (
                ["Residency decision matrix", "DPIA summary"], ["Codex REC-003", "Qwen REC-002", "Claude REC-001"]),
            ["security/rate-limiting-and-abuse-controls"] = (
                ["Synthetic monitoring plan", "Phased rollout"], ["Claude REC-002"]),
            ["security/audit-logging-and-vendor-review"] = (
                ["Audit schedule and retention", "Tamper detection"], ["Claude REC-005", "Qwen REC-003"]),
            ["cost/cost-monitoring-and-alerting"] = (["Budget guardrails", "Monthly review checklist"], ["Claude REC-004"]),
            ["operations/vendor-outage-runbooks"] = (["Vendor contact matrix", "Fallback decision tree"], ["Codex REC-005"]),
            ["operations/slo-and-incident-response"] = (["Error budget policy"], ["Claude REC-003", "Codex REC-005"]),
            ["observability/upload-telemetry"] = (
                ["Alert catalogue", "Objectives and error budgets"], ["Codex REC-006", "Qwen REC-006"]),
            ["observability/playback-telemetry"] = (["Alert catalogue", "Objectives and error budgets"], []),
            ["product/share-token-management-ui"] = (
                ["Accessibility acceptance criteria", "Wireframe checklist"], ["Codex REC-004"]),
            ["compliance/cookie-consent-and-privacy-notice"] = (["Jurisdiction deltas", "Legal copy"], ["Gemini REC-004"]),
            ["analytics/minimal-analytics-instrumentation"] = (["Event taxonomy", "Consent handling"], ["Gemini REC-007"]),
            ["testing/e2e-critical-journeys"] = (["Journeys", "Coverage gates", "CI integration"], ["Qwen REC-005"]),
        };

    /// <summary>What somebody does from end to end, by the names of the table of journeys.</summary>
    public static readonly IReadOnlyList<string> Journeys =
        ["sign-up", "upload → ready", "share → watch → comment", "revoke", "invite", "erasure", "incident"];

    public static IReadOnlyList<MarkdownPage> All { get; } = [.. Wanted.Keys.Select(name => Read($"{Folder}/{name}.md"))];

    public static MarkdownPage Read(string path) => Pages.GetOrAdd(path, static path => new(path, Sources.Read(path)));

    /// <summary>Front matter, and every part in its place with what must stand in it.</summary>
    public static IEnumerable<PageFault> ShapeFaults(MarkdownPage page)
    {
        var name = page.Path[(Folder.Length + 1)..^".md".Length];
        var (besides, answers) = Wanted[name];
        return
        [
            .. FrontMatterFaults(page),
            .. Sections.Concat(besides).Except(page.Sections).Select(part => page.Fault(1, $"has no section “{part}”.")),
            .. InOrder(page),
            .. EmptySections(page),
            .. Requirements(page),
            .. Decisions(page, answers),
            .. Controls(page),
            .. Rest(page),
        ];
    }

    private static IEnumerable<PageFault> FrontMatterFaults(MarkdownPage page)
    {
        var of = page.FrontMatter;
        foreach (var missing in new[] { "title", "owner", "tags", "version", "reviewed", "next_review" }.Except(of.Keys))
        {
            yield return page.Fault(1, $"the front matter lacks {missing}.");
        }

        if (!Owners.Contains(of.GetValueOrDefault("owner")))
        {
            yield return page.Fault(1, $"owner is one of: {string.Join(", ", Owners)}.");
        }

        var tags = (of.GetValueOrDefault("tags") ?? "").Trim('[', ']').Split(',', StringSplitOptions.TrimEntries);
        if (tags.Except(Tags).Any())
        {
            yield return page.Fault(1, $"tags are of: {string.Join(", ", Tags)}.");
        }

        if (!page.Headings.Any(heading => heading.Level == 1 && heading.Title == of.GetValueOrDefault("title")))
        {
            yield return page.Fault(1, "the title is the page's heading.");
        }

        var dated = DateOnly.TryParse(of.GetValueOrDefault("reviewed"), out var reviewed)
            & DateOnly.TryParse(of.GetValueOrDefault("next_review"), out var next);

        // Security and cost every quarter, the rest every half-year.
        var months = page.Path.StartsWith($"{Folder}/security/", StringComparison.Ordinal)
            || page.Path.StartsWith($"{Folder}/cost/", StringComparison.Ordinal) ? 3 : 6;
        if (!dated || next <= reviewed || next > reviewed.AddMonths(months))
        {
            yield return page.Fault(1, $"reviewed and next_review are days, at most {months} months apart.");
        }

        if (page.Table("Change log", "version")?.Rows is not { Count: > 0 } changes)
        {
            yield return page.Fault(page.LineOf("Change log"), "the change log is a table: date, version, change.");
        }
        else if (changes[0].Cells[1] != of.GetValueOrDefault("version") || changes[0].Cells[0] != of.GetValueOrDefault("reviewed"))
        {
            yield return page.Fault(changes[0].Line, "the newest change has the date and the version of the front matter.");
        }
    }

    private static IEnumerable<PageFault> InOrder(MarkdownPage page)
    {
        var there = page.Headings.Where(heading => Sections.Contains(heading.Title)).ToList();
        return there.Zip(there.Skip(1)).Where(two => IndexOf(two.First) >= IndexOf(two.Second))
            .Select(two => page.Fault(two.Second.Line, $"“{two.Second.Title}” does not come after “{two.First.Title}”."));

        static int IndexOf(PageHeading heading) => Sections.ToList().IndexOf(heading.Title);
    }

    private static IEnumerable<PageFault> EmptySections(MarkdownPage page)
    {
        var lines = page.Text.Split('\n');
        return page.Headings.Where(heading => heading.Level == 2)
            .Where(heading => lines.Skip(heading.Line).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .All(string.IsNullOrWhiteSpace))
            .Select(heading => page.Fault(heading.Line, $"“{heading.Title}” says nothing."))
            .Concat(page.Prose.Where(line => line.Text.Contains("TBD", StringComparison.Ordinal)).Select(
                line => page.Fault(line.Number, "say what is assumed and how that is checked, instead of TBD.")));
    }

    private static IEnumerable<PageFault> Requirements(MarkdownPage page)
    {
        if (page.Table("Requirements", "evidence") is not { } table
            || !table.Columns.SequenceEqual(["id", "requirement", "target", "evidence"]))
        {
            return [page.Fault(page.LineOf("Requirements"), "requirements are a table: id, requirement, target, evidence.")];
        }

        var expected = Numbered("FR", table).Concat(Numbered("NFR", table));
        return
        [
            .. table.Rows.Zip(expected).Where(row => row.First.Cells[0] != row.Second).Select(
                row => page.Fault(row.First.Line, $"this is {row.Second}: FR-1, FR-2, … and then NFR-1, NFR-2, ….")),
            .. table.Rows.Where(row => row.Cells.Count != 4 || row.Cells[2].Length < 2).Select(
                row => page.Fault(row.Line, "a requirement has a target and its evidence.")),
            .. table.Rows.Where(row => !CodeFacts.IsEvidence(row.Cells[^1])).Select(
                row => page.Fault(row.Line, "evidence names a test, an endpoint, a query of this page (“query: …”), or a file.")),
        ];

        static IEnumerable<string> Numbered(string kind, PageTable table) => Enumerable
            .Range(1, table.Rows.Count(row => row.Cells[0].StartsWith(kind + "-", StringComparison.Ordinal))).Select(n => $"{kind}-{n}");
    }

    private static IEnumerable<PageFault> Decisions(MarkdownPage page, string[] answers)
    {
        if (page.Table("Decision log", "recommendation") is not { } table)
        {
            return [page.Fault(page.LineOf("Decision log"), "the decision log is a table with a column “recommendation”.")];
        }

        var named = string.Join(' ', table.Rows.Select(row => row.Cells[^1]));
        return answers.Where(answer => !named.Contains(answer, StringComparison.Ordinal)).Select(
            answer => page.Fault(page.LineOf("Decision log"), $"no decision answers {answer}."));
    }

    private static IEnumerable<PageFault> Controls(MarkdownPage page)
    {
        var text = string.Join(' ', (page.Table("Controls", "control")?.Rows ?? []).Select(row => string.Join(' ', row.Cells)));
        return new[] { "SOC 2 CC", "GDPR Art. ", "APP " }.Where(of => !text.Contains(of, StringComparison.Ordinal)).Select(
            of => page.Fault(page.LineOf("Controls"), $"no control of {of}… is mapped."));
    }

    private static IEnumerable<PageFault> Rest(MarkdownPage page)
    {
        if (page.Table("Numbers", "constant") is null)
        {
            yield return page.Fault(page.LineOf("Numbers"), "numbers are a table: what, value, constant.");
        }

        if (page.Table("Metrics", "target") is null)
        {
            yield return page.Fault(page.LineOf("Metrics"), "metrics are a table with a target and a source.");
        }

        if (page.Table("Threats and mitigations", "mitigation") is null)
        {
            yield return page.Fault(page.LineOf("Threats and mitigations"), "threats are a table: threat, mitigation.");
        }

        var checks = page.Prose.Where(line => line.Number > page.LineOf("QA checklist"));
        if (checks.Count(line => line.Text.StartsWith("- [ ]", StringComparison.Ordinal)) < 3)
        {
            yield return page.Fault(page.LineOf("QA checklist"), "a checklist has boxes to tick.");
        }

        var references = page.Prose.Where(line => line.Number > page.LineOf("References"));
        if (!references.Any(line => line.Text.Contains("](https://", StringComparison.Ordinal)))
        {
            yield return page.Fault(page.LineOf("References"), "references lead to vendors' documentation or to the law.");
        }

        if (!page.Blocks.Any(block => block.Language == "mermaid"))
        {
            yield return page.Fault(page.LineOf("Diagram"), "there is no diagram.");
        }
    }
}
