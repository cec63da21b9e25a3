using System.Text.RegularExpressions;
using Portal.Events;
using Portal.Foundation.Alerts;
using Portal.Foundation.Outbox;
using Portal.Functions.Operations;
using Portal.People;

namespace Portal.Tests.Unit.Architecture;

/// <summary>The documents list what the catalogues of events, alerts and timers hold, and nothing else.</summary>
public sealed partial class CatalogueDocumentTests
{
    private const string EventsPage = "docs/flows/events.md";
    private const string AlertsPage = "docs/playbook/operations/alerts.md";
    private const string TimersPage = "docs/flows/timers.md";

    [Fact]
    public void The_table_of_events_says_who_hears_of_each_and_what_it_counts_for()
    {
        var told = Rows(EventsPage, 5).ToDictionary(row => row[0], row => row[1..4]);
        var effects = EventType.All.Where(HasEffects).ToDictionary(type => type.Name, Told);

        Assert.Equal(effects.Keys.Order(), told.Keys.Order());
        Assert.All(effects, type => Assert.Equal(type.Value, Marks(told[type.Key])));
    }

    [Fact]
    public void Events_without_effects_are_listed_as_such()
    {
        var line = Sources.Read(EventsPage).Split('\n')
            .Single(line => line.StartsWith("**Nothing follows** from", StringComparison.Ordinal));

        Assert.Equal(
            EventType.All.Where(type => !HasEffects(type)).Select(type => type.Name).Order(StringComparer.Ordinal),
            Code().Matches(line).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Events_that_the_database_writes_are_in_the_catalogue_with_their_fields()
    {
        var written = Sources.Files("*.sql", "infra/postgres/functions")
            .SelectMany(file => Written().Matches(file.Text).Select(match => match.Groups["type"].Value)).Distinct().ToList();

        Assert.Contains("share_link_opened", written);
        Assert.All(written, type => Assert.NotNull(EventType.Find(type)));
    }

    [Fact]
    public void People_choose_among_exactly_those_that_notify_or_mail_them() => Assert.Equal(
        EventType.All.Where(type => EventEffects.Of(type) is { Notify: not null } or { Mail: not null }).Select(type => type.Name).Order(),
        NotificationTypes.All.Order());

    [Fact]
    public void The_table_of_alerts_is_the_catalogue()
    {
        var rows = Rows(AlertsPage, 6).ToDictionary(
            row => row[0], row => (Severity: row[1], Page: row[3], Objective: row[4].Trim('`'), Ends: row[5]));

        Assert.Equal(AlertKind.All.Select(kind => kind.Name).Order(), rows.Keys.Order());
        Assert.All(AlertKind.All, kind =>
        {
            Assert.Equal(
                (kind.Severity, kind.CountsAgainst ?? "–", EndsOf(kind)),
                (rows[kind.Name].Severity, rows[kind.Name].Objective, rows[kind.Name].Ends));
            Assert.Equal(kind.Runbook, PageOf(rows[kind.Name].Page));
        });
    }

    [Fact]
    public void Every_alert_has_a_page_that_names_it_and_counts_against_an_objective_that_there_is() => Assert.All(AlertKind.All, kind =>
    {
        Assert.StartsWith("docs/playbook/", kind.Runbook, StringComparison.Ordinal);
        Assert.Contains($"`{kind.Name}`", Sources.Read(kind.Runbook), StringComparison.Ordinal);
        Assert.True(kind.CountsAgainst is null || Objective.All.Contains(kind.CountsAgainst), kind.Name);
    });

    [Fact]
    public void Every_kind_of_alert_is_raised_somewhere()
    {
        var raised = Sources.CSharp("shared", "functions")
            .SelectMany(file => Raised().Matches(file.Text).Select(match => match.Groups["kind"].Value)).ToHashSet();

        Assert.Empty(
            typeof(AlertKind).GetFields().Where(field => field.FieldType == typeof(AlertKind)).Select(field => field.Name).Except(raised));
    }

    /// <summary>Who is told of each, and when each is over: AlertTests, AlertEndTests.</summary>
    [Fact]
    public void Every_kind_of_alert_is_raised_for_real_in_some_test()
    {
        var tests = string.Join('\n', Sources.CSharp("tests/integration", "tests/unit").Where(
            file => !file.Path.EndsWith("AlertEndTests.cs", StringComparison.Ordinal)).Select(file => file.Text));

        Assert.All(AlertKind.All, kind => Assert.Contains(kind.Name, tests, StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_of_timers_is_all_timers_with_their_schedules()
    {
        var rows = Rows(TimersPage, 4).ToDictionary(row => row[0], row => row[1]);
        var timers = TimerCatalog.Triggers().ToDictionary(trigger => trigger.Name, trigger => trigger.Schedule);

        Assert.Equal(timers.Keys.Order(), rows.Keys.Order());
        Assert.All(timers, timer => Assert.Contains($"`{timer.Value.Trim('%')}`", rows[timer.Key], StringComparison.Ordinal));
    }

    private static string EndsOf(AlertKind kind) => kind.End switch
    {
        AlertEnd.WithItsCause => "by itself",
        AlertEnd.WhenQuiet => "when quiet",
        _ => "by hand",
    };

    private static bool HasEffects(EventType type) => Told(type) != new Marked(false, false, false, "")
        || EventEffects.Of(type) is { Progress: not null } or { Unread: not null };

    private static Marked Told(EventType type)
    {
        var effects = EventEffects.Of(type);
        return new(
            effects.Notify is not null, effects.Mail is not null || effects.MailGuests || effects.MailContact || effects.MailOperators,
            effects.Page,
            string.Join(' ', effects.Counts.Select(metric => metric.Name).Order(StringComparer.Ordinal)));
    }

    /// <summary>What the columns N, E and A of a row say. "P" in the first means that on-call is paged.</summary>
    private static Marked Marks(string[] columns) => new(
        columns[0] is not "–" and not "P", columns[1][0] != '–', columns[0] == "P",
        string.Join(' ', Code().Matches(columns[2]).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)));

    private static string PageOf(string cell) => Link().Match(cell) is { Success: true } link
        ? Sources.FromPage(AlertsPage, link.Groups[1].Value)
        : AlertsPage;

    /// <summary>Rows of a page's tables that begin with a name in code, of at least so many cells; the name without its code marks and
    /// what follows it.</summary>
    private static IEnumerable<string[]> Rows(string page, int cells) => Sources.Read(page).Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Trim().Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray())
        .Where(row => row.Length >= cells)
        .Select(row => (string[])[Code().Match(row[0]).Groups[1].Value, .. row[1..]]);

    private sealed record Marked(bool Notifies, bool Mails, bool Pages, string Counts);

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"insert into portal\.events.*?'\w+', [\w.]+, '(?<type>\w+)'", RegexOptions.Singleline)]
    private static partial Regex Written();

    [GeneratedRegex(@"AlertKind\.(?<kind>\w+)")]
    private static partial Regex Raised();
}
