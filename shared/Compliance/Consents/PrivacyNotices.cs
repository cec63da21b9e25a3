using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Compliance.Consents;

/// <summary>Whose law a privacy notice is for. Australia's is the whole notice; the others are what is different there.</summary>
public static class Jurisdiction
{
    public const string Australia = "au";
    public const string Europe = "eu";
    public const string UnitedStates = "us";

    public static IReadOnlyList<string> All { get; } = [Australia, Europe, UnitedStates];
}

/// <summary>A part of a notice.</summary>
/// <param name="Id">The same in every version and jurisdiction, for links.</param>
/// <param name="Jurisdiction">Which file it is from: the notice for everybody (au), or what is different.</param>
/// <param name="Text">Markdown: paragraphs, lists, tables.</param>
public sealed record NoticeSection(string Id, string Jurisdiction, string Title, string Text);

/// <summary>A purpose as the notice asks for it.</summary>
public sealed record NoticePurpose(string Purpose, string Title, string Text);

/// <summary>One version of the privacy notice for one jurisdiction, whole.</summary>
/// <param name="Version">The day from which it applies.</param>
public sealed record PrivacyNotice(
    DateOnly Version, string Jurisdiction, string Title, IReadOnlyList<NoticeSection> Sections, IReadOnlyList<NoticePurpose> Purposes);

/// <summary>
/// A file of <c>Notices</c>: a title, then sections <c>## Title {#id}</c> and purposes <c>## Title {purpose name}</c>. A published file is
/// never edited, for people have consented to what it says: a change is a new folder, named by the day from which it applies.
/// </summary>
public sealed record NoticeText(DateOnly Version, string Jurisdiction, string Markdown)
{
    private const string Resources = "notices/";

    /// <summary>Those that the app brings along.</summary>
    public static IEnumerable<NoticeText> Embedded()
    {
        var assembly = typeof(NoticeText).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Resources, StringComparison.Ordinal)))
        {
            var path = name[Resources.Length..].Split('/', '\\');
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new(DateOnly.ParseExact(path[0], "yyyy-MM-dd", CultureInfo.InvariantCulture), path[1], reader.ReadToEnd());
        }
    }
}

/// <summary>Every version of the privacy notice. The newest is current from the deployment on that brings it.</summary>
public sealed partial class PrivacyNotices
{
    private readonly Dictionary<(DateOnly, string), PrivacyNotice> notices = [];

    public PrivacyNotices(IEnumerable<NoticeText> texts)
    {
        foreach (var version in texts.GroupBy(text => text.Version))
        {
            var files = version.ToDictionary(text => text.Jurisdiction, Read);
            var whole = files[Jurisdiction.Australia];
            foreach (var jurisdiction in Jurisdiction.All)
            {
                notices[(version.Key, jurisdiction)] =
                    jurisdiction == Jurisdiction.Australia ? whole : Changed(whole, files[jurisdiction]);
            }
        }

        Versions = [.. notices.Keys.Select(key => key.Item1).Distinct().OrderDescending()];
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<DateOnly> Versions { get; }

    public DateOnly Current => Versions[0];

    /// <summary>Null: there is no such version.</summary>
    public PrivacyNotice? Find(DateOnly version, string jurisdiction) => notices.GetValueOrDefault((version, jurisdiction));

    /// <summary>Sections of the same id are replaced where they stand, others follow.</summary>
    private static PrivacyNotice Changed(PrivacyNotice whole, PrivacyNotice delta) => whole with
    {
        Jurisdiction = delta.Jurisdiction,
        Title = delta.Title,
        Sections =
        [
            .. whole.Sections.Select(section => delta.Sections.FirstOrDefault(other => other.Id == section.Id) ?? section),
            .. delta.Sections.Where(other => whole.Sections.All(section => section.Id != other.Id)),
        ],
    };

    private static PrivacyNotice Read(NoticeText file)
    {
        var markdown = file.Markdown.ReplaceLineEndings("\n");
        var headings = Heading().Matches(markdown);
        var parts = headings.Select((heading, i) => (
            IsPurpose: heading.Groups["kind"].Value.Length > 1, Id: heading.Groups["id"].Value, Title: heading.Groups["title"].Value,
            Text: markdown[(heading.Index + heading.Length)..(i + 1 < headings.Count ? headings[i + 1].Index : markdown.Length)].Trim()));
        return new(
            file.Version, file.Jurisdiction, Title().Match(markdown).Groups[1].Value,
            [.. parts.Where(p => !p.IsPurpose).Select(p => new NoticeSection(p.Id, file.Jurisdiction, p.Title, p.Text))],
            [.. parts.Where(p => p.IsPurpose).Select(p => new NoticePurpose(p.Id, p.Title, p.Text))]);
    }

    [GeneratedRegex(@"^# (.+)$", RegexOptions.Multiline)]
    private static partial Regex Title();

    [GeneratedRegex(@"^## (?<title>.+?) \{(?<kind>#|purpose )(?<id>[a-z][a-z_-]*)\}$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
