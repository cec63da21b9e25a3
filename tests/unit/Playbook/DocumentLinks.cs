using System.Text.RegularExpressions;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Playbook;

/// <summary>Links of Markdown pages: into this repository, to headings, and outside.</summary>
internal static partial class DocumentLinks
{
    public static IEnumerable<PageFault> Faults(MarkdownPage page) =>
        from line in page.Prose
        from Match link in Link().Matches(InCode().Replace(line.Text, "`…`"))
        let what = Fault(page.Path, link.Groups[1].Value)
        where what is not null
        select page.Fault(line.Number, what);

    private static string? Fault(string page, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
        {
            return Uri.TryCreate(target, UriKind.Absolute, out var outside) && outside.Scheme == Uri.UriSchemeHttps
                && outside.Host.Contains('.', StringComparison.Ordinal) && Uri.IsWellFormedUriString(target, UriKind.Absolute)
                    ? null : $"{target} is no address that begins with https.";
        }

        var parts = target.Split('#');
        var path = parts[0].Length == 0 ? page : Sources.FromPage(page, parts[0]);
        if (!Sources.Has(path))
        {
            return $"{path} is not there.";
        }

        return parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal)
            || PlaybookDocuments.Read(path).Anchors.Contains(parts[1])
                ? null : $"{path} has no heading #{parts[1]}.";
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex InCode();
}
