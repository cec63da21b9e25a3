using System.Text.RegularExpressions;
using Portal.Foundation.Audit;
using Portal.Foundation.Outbox;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Compliance;

/// <summary>Every action of the audit log is in one class, which says how long its rows stay in the log.</summary>
public sealed partial class AuditActionTests
{
    private const string Catalogue = "shared/Foundation/Audit/AuditActions.cs";

    private static readonly IReadOnlyList<SourceFile> Code =
        [.. Sources.CSharp("shared", "functions", "infra/local").Where(file => file.Path != Catalogue)];

    private static readonly IReadOnlyList<SourceFile> Functions = Sources.Files("*.sql", "infra/postgres/functions");

    /// <summary>What the first argument of an audit entry says, word by word; where that is a variable, the writer refuses what it does
    /// not know.</summary>
    [Fact]
    public void Every_action_that_the_code_writes_is_in_a_class()
    {
        var written = Code.SelectMany(file => Entry().Matches(file.Text).Select(entry => entry.Groups[1].Value)).SelectMany(first =>
            Word().Matches(first).Select(word => word.Groups[1].Value)
                .Concat(Event().Matches(first).Select(name => (string)(EventType)typeof(EventType).GetField(name.Groups[1].Value)!
                    .GetValue(null)!))).ToList();
        Assert.True(written.Count > 60, $"Only {written.Count} were found.");
        Assert.Empty(written.Except(AuditActions.All.Keys));
    }

    [Fact]
    public void Every_action_that_a_database_function_writes_is_in_a_class()
    {
        var inserts = Functions.SelectMany(file => Insert().Matches(file.Text).Select(insert => insert.Value)).ToList();
        Assert.Equal(Functions.Sum(file => Regex.Count(file.Text, "insert into portal\\.audit_log")), inserts.Count);
        Assert.All(inserts, insert => Assert.Contains(
            SqlWord().Matches(insert).Select(word => word.Groups[1].Value), AuditActions.All.ContainsKey));
    }

    [Fact]
    public void No_class_has_an_action_that_nobody_writes()
    {
        var words = Code.SelectMany(file => Word().Matches(file.Text).Select(word => word.Groups[1].Value))
            .Concat(Functions.SelectMany(file => SqlWord().Matches(file.Text).Select(word => word.Groups[1].Value))).ToHashSet();
        Assert.Empty(AuditActions.All.Keys.Except(words));
    }

    [Fact]
    public void The_classes_are_kept_for_90_days_one_two_and_three_years_and_an_unknown_action_as_long_as_any()
    {
        Assert.Equal(
            [("access", 90), ("sign_in", 365), ("admin", 730), ("security", 1095)],
            AuditClass.All.Select(of => (of.Name, of.Days)));
        Assert.All(AuditClass.All, of => Assert.Contains(of, AuditActions.All.Values));
        Assert.Equal(AuditClass.Security, AuditActions.ClassOf("a_word_of_long_ago"));
    }

    [Fact]
    public void What_leaves_the_log_within_a_year_is_what_somebody_was_given_and_who_of_those_on_call_signed_in()
    {
        Assert.Equal(
            ["export_download_requested", "playback_evidence_made", "share_link_opened", "share_link_refused"], Of(AuditClass.Access));
        Assert.Equal(["operator_session_ended", "operator_signed_in", "operator_signed_out"], Of(AuditClass.SignIn));

        static IEnumerable<string> Of(AuditClass one) =>
            AuditActions.All.Where(action => action.Value == one).Select(action => action.Key).Order(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"new AuditEntry\(\s*([^,]+),")]
    private static partial Regex Entry();

    [GeneratedRegex("\"([a-z]+(?:_[a-z]+)+)\"")]
    private static partial Regex Word();

    [GeneratedRegex(@"EventType\.(\w+)")]
    private static partial Regex Event();

    [GeneratedRegex("'([a-z]+(?:_[a-z]+)+)'")]
    private static partial Regex SqlWord();

    [GeneratedRegex("insert into portal\\.audit_log.*?;", RegexOptions.Singleline)]
    private static partial Regex Insert();
}
