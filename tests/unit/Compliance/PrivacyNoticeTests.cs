using System.Security.Cryptography;
using System.Text;
using Portal.Compliance;
using Portal.Compliance.Consents;
using Portal.Foundation;

namespace Portal.Tests.Unit.Compliance;

/// <summary>The privacy notice as it is shipped: whole, true of the code where the code can tell, never changed once
/// published.</summary>
public sealed class PrivacyNoticeTests
{
    private static readonly IReadOnlyList<NoticeText> Texts = [.. NoticeText.Embedded()];
    private static readonly PrivacyNotices Notices = new(Texts);

    /// <summary>What people consented to: a published text stays as it is, and a change is a new folder with lines of its own
    /// here.</summary>
    private static readonly Dictionary<string, string> Published = new()
    {
        ["2026-12-01/au"] = "1f1adb846ff4eac1",
        ["2026-12-01/eu"] = "d3db7fc9304f864a",
        ["2026-12-01/us"] = "4d9055519a3a16e4",
    };

    [Fact]
    public void A_published_notice_is_never_edited() => Assert.Equal(
        Published.OrderBy(text => text.Key, StringComparer.Ordinal),
        Texts.ToDictionary(
                text => $"{text.Version:yyyy-MM-dd}/{text.Jurisdiction}",
                text => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Markdown.ReplaceLineEndings("\n"))))[..16])
            .OrderBy(text => text.Key, StringComparer.Ordinal));

    [Fact]
    public void Every_version_has_every_jurisdiction_and_asks_for_every_purpose_once()
    {
        Assert.Equal(new DateOnly(2026, 12, 1), Notices.Current);
        foreach (var notice in Notices.Versions.SelectMany(version => Jurisdiction.All.Select(j => Notices.Find(version, j)!)))
        {
            Assert.Equal(ConsentPurpose.All, notice.Purposes.Select(purpose => purpose.Purpose));
            Assert.Equal(notice.Sections.DistinctBy(section => section.Id), notice.Sections);
            Assert.All(
                notice.Sections, section => Assert.True(section is { Title.Length: > 0, Text.Length: > 0 }, $"{section.Id} is empty."));
            Assert.Superset(
                new HashSet<string>
                {
                    "who", "collection", "purposes", "cookies", "disclosure", "retention", "rights", "complaints", "changes",
                },
                notice.Sections.Select(section => section.Id).ToHashSet());
        }
    }

    [Fact]
    public void A_delta_replaces_its_sections_where_they_stand_and_adds_the_others()
    {
        var (au, eu) = (Notices.Find(Notices.Current, "au")!, Notices.Find(Notices.Current, "eu")!);
        Assert.Equal(
            au.Sections.Select(section => section.Id), eu.Sections.Take(au.Sections.Count).Select(section => section.Id));
        Assert.Equal(["legal-bases", "transfers"], eu.Sections.Skip(au.Sections.Count).Select(section => section.Id));
        Assert.Equal(
            ("eu", "au"),
            (eu.Sections.Single(section => section.Id == "rights").Jurisdiction,
                eu.Sections.Single(section => section.Id == "who").Jurisdiction));
        Assert.All(au.Sections, section => Assert.Equal("au", section.Jurisdiction));
        Assert.Null(Notices.Find(Notices.Current.AddDays(1), "au"));
    }

    [Fact]
    public void The_current_notice_names_every_recipient_cookie_and_number_that_the_code_has()
    {
        var sections = Notices.Find(Notices.Current, "au")!.Sections.ToDictionary(section => section.Id, section => section.Text);
        Assert.All(
            DataClasses.Processors,
            processor => Assert.Contains(
                processor.Overseas ? $"| {processor.Name} |" : processor.Name, sections["disclosure"], StringComparison.Ordinal));
        foreach (var cookie in new[] { "portal_viewer", "portal_unlock", "ops_session", "ops_visit" })
        {
            Assert.Contains($"`{cookie}`", sections["cookies"], StringComparison.Ordinal);
        }

        foreach (var days in new[]
        {
            $"guests: {RetentionDefaults.GuestDays} days", $"invites: {RetentionDefaults.InviteDays} days",
            $"given data to see {RetentionDefaults.AccessAuditDays} days", $"on call {RetentionDefaults.SignInAuditDays}",
            $"in the portal {RetentionDefaults.AdminAuditDays}", $"the portal {RetentionDefaults.SecurityAuditDays}",
            $"playback audit: {RetentionDefaults.PlaybackAuditDays} days", $"{RetentionDefaults.ArchivedVideoDays} days later deleted",
            $"the database: {RetentionDefaults.BackupDays} days", $"notifications: {RetentionDefaults.DeliveryDays} days",
        })
        {
            Assert.Contains(days, sections["retention"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_newest_version_is_current()
    {
        var older = Texts.Select(text => text with { Version = new DateOnly(2026, 3, 1) });
        var newer = Texts.Select(text => text with { Version = new DateOnly(2027, 1, 1) });
        var notices = new PrivacyNotices([.. older, .. newer, .. Texts]);
        Assert.Equal([new(2027, 1, 1), new(2026, 12, 1), new(2026, 3, 1)], notices.Versions);
        Assert.Equal(new DateOnly(2027, 1, 1), notices.Current);
    }
}
