using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Portal.Events;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Outbox;
using Portal.Functions;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Operations;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Playbook;

/// <summary>
/// What the code says of the things that a document names: tests, routes, settings, tables, catalogues, constants. How a document writes
/// them down is told in docs/playbook/README.md.
/// </summary>
internal static partial class CodeFacts
{
    private static readonly Assembly[] Ours = [typeof(PortalRegistrations).Assembly, typeof(PortalApp).Assembly];

    private static readonly Lazy<ILookup<string, string>> Tests = new(() =>
        Sources.CSharp("tests").SelectMany(TestsIn).ToLookup(test => test.Name, test => test.Attribute));

    private static readonly Lazy<HashSet<string>> Routes = new(() =>
        ApiOperation.All.SelectMany(operation => operation.Verbs.Select(verb => $"{verb} {WithoutNames(operation.Path)}"))
            .Concat(["GET /ops", "GET /ops/sign-in", "POST /ops/sign-in", "GET /.well-known/gpc.json"]).ToHashSet());

    private static readonly Lazy<HashSet<string>> Settings = new(() => Sources.Settings.ToHashSet());

    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlySet<string>>> Tables = new(() =>
        Table().Matches(Sources.Read("infra/postgres/schema.sql")).ToDictionary(
            match => match.Groups["name"].Value,
            IReadOnlySet<string> (match) => Column().Matches(match.Groups["body"].Value).Select(c => c.Groups[1].Value).ToHashSet()));

    private static readonly Lazy<HashSet<string>> DatabaseFunctions = new(() =>
        Sources.Files("*.sql", "infra/postgres/functions").Select(file => Path.GetFileNameWithoutExtension(file.Path)).ToHashSet());

    private static readonly Lazy<HashSet<string>> Words = new(() =>
    [
        .. AlertKind.All.Select(kind => kind.Name), .. EventType.All.Select(type => type.Name), .. AuditActions.All.Keys,
        .. MetricNames.All, .. DatabaseFunctions.Value,
        .. Snake().Matches(Sources.Read("infra/postgres/schema.sql")).Select(match => match.Value),
        .. Sources.CSharp("shared", "functions", "infra").SelectMany(file => Snake().Matches(file.Text)).Select(match => match.Value),
    ]);

    private static readonly Lazy<HashSet<string>> Slugs = new(() =>
        [.. ApiDocument.Current.Json["components"]!["schemas"]!["ProblemType"]!["enum"]!.AsArray()
            .Select(type => type!.ToString()["/problems/".Length..])]);

    private static readonly Dictionary<string, Func<IEnumerable<string>>> Catalogues = new(StringComparer.Ordinal)
    {
        ["alert"] = () => AlertKind.All.Select(kind => kind.Name),
        ["event"] = () => EventType.All.Select(type => type.Name),
        ["action"] = () => AuditActions.All.Keys,
        ["metric"] = () => MetricNames.All,
        ["objective"] = () => Objective.All,
        ["timer"] = () => TimerCatalog.Triggers().Select(trigger => trigger.Name),
    };

    /// <summary>All of a document that the code contradicts.</summary>
    public static IEnumerable<PageFault> Faults(MarkdownPage page) =>
    [
        .. page.Spans.Where(span => !IsOfAQuery(page, span.Text)).SelectMany(
            span => SpanFaults(span.Text).Select(what => page.Fault(span.Line, what))),
        .. page.Prose.SelectMany(line => CatalogueFaults(line.Text).Select(what => page.Fault(line.Number, what))),
        .. page.Prose.SelectMany(line => SlugFaults(line.Text).Select(what => page.Fault(line.Number, what))),
        .. page.Prose.SelectMany(line => MarkedNumbers(line.Text).Select(what => page.Fault(line.Number, what))),
        .. page.Tables.Where(table => table.Columns.Contains("constant")).SelectMany(table => NumberFaults(page, table)),
        .. page.Tables.Where(table => table.Columns[0] is "alert").SelectMany(table => AlertRows(page, table)),
        .. page.Blocks.Where(block => block.Language == "sql").SelectMany(block => SqlFaults(page, block)),
        .. page.Blocks.Where(block => block.Language == "csharp").SelectMany(block => CodeFaults(page, block)),
    ];

    /// <summary>A test, an endpoint, a query or a file: something that whoever doubts the requirement can look at.</summary>
    public static bool IsEvidence(string cell) => Evidence().IsMatch(cell);

    public static bool IsTest(string name) => Tests.Value.Contains(name);

    public static bool IsInBrowser(string name) => Tests.Value[name].Contains("BrowserFact");

    /// <summary>What a query of the page calls a column of its answer.</summary>
    private static bool IsOfAQuery(MarkdownPage page, string word) => page.Blocks.Any(
        block => block.Language == "sql" && block.Text.Contains($" as {word}", StringComparison.Ordinal));

    private static IEnumerable<string> SpanFaults(string span)
    {
        if (TestName().IsMatch(span))
        {
            return Tests.Value.Contains(span) ? [] : [$"there is no test {span}."];
        }

        if (Route().Match(span) is { Success: true } route)
        {
            var asked = $"{route.Groups["verb"].Value} {WithoutNames(route.Groups["path"].Value)}";
            return Routes.Value.Contains(asked) ? [] : [$"the API has no {asked}."];
        }

        if (PathAlone().Match(span) is { Success: true } path)
        {
            return Routes.Value.Any(known => known.EndsWith(" " + WithoutNames(path.Groups[1].Value), StringComparison.Ordinal))
                ? [] : [$"the API has no {span}."];
        }

        if (Setting().IsMatch(span))
        {
            var name = string.Join(':', span.Split(':').Take(2));
            return Settings.Value.Contains(name) ? [] : [$"there is no setting {name}."];
        }

        if (TableName().Match(span) is { Success: true } table)
        {
            return TableFaults(table.Groups["table"].Value, table.Groups["column"].Value);
        }

        return Snake().Match(span) is { Success: true, Length: var length } && length == span.Length && !Words.Value.Contains(span)
            ? [$"nothing is called {span}."] : [];
    }

    private static IEnumerable<string> TableFaults(string table, string column) =>
        Tables.Value.TryGetValue(table, out var columns)
            ? column.Length == 0 || columns.Contains(column) ? [] : [$"portal.{table} has no column {column}."]
            : DatabaseFunctions.Value.Contains(table) ? [] : [$"there is no table portal.{table}."];

    private static IEnumerable<string> CatalogueFaults(string line) =>
        from match in Named().Matches(line)
        let kind = match.Groups["kind"].Value.ToLowerInvariant()
        from Match name in Quoted().Matches(match.Groups["names"].Value)
        where !Catalogues[kind]().Contains(name.Groups[1].Value)
        select $"there is no {kind} {name.Groups[1].Value}.";

    private static IEnumerable<string> SlugFaults(string line) => Refusal().Matches(line).Select(match => match.Groups[1].Value)
        .Where(slug => !Slugs.Value.Contains(slug)).Select(slug => $"nothing is refused with {slug}.");

    private static IEnumerable<PageFault> AlertRows(MarkdownPage page, PageTable table)
    {
        var severity = table.Column("severity");
        foreach (var row in table.Rows)
        {
            foreach (Match name in Quoted().Matches(row.Cells[0]))
            {
                var kind = AlertKind.All.FirstOrDefault(kind => kind.Name == name.Groups[1].Value);
                if (kind is null)
                {
                    yield return page.Fault(row.Line, $"there is no alert {name.Groups[1].Value}.");
                }
                else if (severity > 0 && row.Cells[severity] != kind.Severity)
                {
                    yield return page.Fault(row.Line, $"{kind} is {kind.Severity}.");
                }
            }
        }
    }

    private static IEnumerable<PageFault> SqlFaults(MarkdownPage page, FencedBlock block)
    {
        foreach (var statement in block.Text.Split(";\n").Select(part => part.Trim()).Where(part => part.Length > 0))
        {
            if (!ReadsOnly().IsMatch(statement))
            {
                yield return page.Fault(block.Line, "a statement of the playbook begins with select or with: it only reads.");
            }
        }

        foreach (Match name in InSql().Matches(block.Text))
        {
            foreach (var what in TableFaults(name.Groups[1].Value, ""))
            {
                yield return page.Fault(block.Line + block.Text[..name.Index].Count(c => c == '\n') + 1, what);
            }
        }
    }

    /// <summary>An excerpt stands in the file that its first line names, line after line.</summary>
    private static IEnumerable<PageFault> CodeFaults(MarkdownPage page, FencedBlock block)
    {
        var lines = block.Text.Split('\n');
        var file = lines[0].TrimStart('/', ' ');
        if (!Sources.Has(file))
        {
            return [page.Fault(block.Line, "the first line of an excerpt names its file.")];
        }

        var excerpt = string.Join('\n', lines.Skip(1).Select(line => line.Trim()));
        var source = string.Join('\n', Sources.Read(file).ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()));
        return source.Contains(excerpt, StringComparison.Ordinal) ? [] : [page.Fault(block.Line, $"{file} does not say that.")];
    }

    private static IEnumerable<PageFault> NumberFaults(MarkdownPage page, PageTable table)
    {
        var (value, constant) = (table.Column("value"), table.Column("constant"));
        return table.Rows.Where(row => row.Cells[constant] != "–").SelectMany(
            row => ConstantFault(row.Cells[value], row.Cells[constant].Trim('`')).Select(what => page.Fault(row.Line, what)));
    }

    private static IEnumerable<string> MarkedNumbers(string line)
    {
        var marked = Marked().Matches(line);
        return marked.SelectMany(match => ConstantFault(match.Groups["value"].Value, match.Groups["constant"].Value))
            .Concat(marked.Count < Mark().Count(line) ? ["a constant in a comment stands right behind its number."] : []);
    }

    /// <param name="says">As people write it: <c>15 minutes</c>, <c>600,000</c>, <c>1 MiB</c>.</param>
    private static IEnumerable<string> ConstantFault(string says, string constant)
    {
        if (Number().Match(says) is not { Success: true } number)
        {
            return [$"“{says}” is no number with a unit."];
        }

        if (ValueOf(constant) is not { } value)
        {
            return [$"the code has no {constant}."];
        }

        var amount = decimal.Parse(number.Groups["number"].Value, NumberStyles.Number, CultureInfo.InvariantCulture);
        var unit = number.Groups["unit"].Value;
        var same = value is TimeSpan span
            ? span == Duration(amount, unit)
            : Convert.ToDecimal(value, CultureInfo.InvariantCulture) == amount * Size(unit);
        return same && HasUnitOf(constant, says) ? [] : [$"“{says}” is not {constant}, which is {value}."];
    }

    /// <summary>A name that ends in a unit holds numbers of that unit.</summary>
    private static bool HasUnitOf(string constant, string says) =>
        new[] { ("Days", "day"), ("Hours", "hour"), ("Months", "month"), ("PerMinute", "minute"), ("PerDay", "day") }
            .All(unit => !constant.EndsWith(unit.Item1, StringComparison.Ordinal) || says.Contains(unit.Item2, StringComparison.Ordinal));

    private static object? ValueOf(string constant)
    {
        const BindingFlags any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        if (constant.Split('.') is not [var name, var member]
            || Ours.SelectMany(assembly => assembly.GetTypes()).FirstOrDefault(type => type.Name == name) is not { } type)
        {
            return null;
        }

        return type.GetField(member, any) is { IsStatic: true } field ? field.GetValue(null)
            : type.GetProperty(member, any) is { } property
                ? property.GetValue(property.GetMethod!.IsStatic ? null : Activator.CreateInstance(type))
                : null;
    }

    private static TimeSpan? Duration(decimal amount, string unit) => unit.TrimEnd('s') switch
    {
        "second" => TimeSpan.FromSeconds((double)amount),
        "minute" => TimeSpan.FromMinutes((double)amount),
        "hour" => TimeSpan.FromHours((double)amount),
        "day" => TimeSpan.FromDays((double)amount),
        _ => null,
    };

    private static decimal Size(string unit) => unit switch
    {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "TiB" => 1L << 40,
        _ => 1,
    };

    private static IEnumerable<(string Name, string Attribute)> TestsIn(SourceFile file) =>
        from test in TestMethod().Matches(file.Text)
        let type = TestClass().Matches(file.Text).LastOrDefault(type => type.Index < test.Index)
        where type is not null && !test.Value.Contains("Skip =", StringComparison.Ordinal)
        select ($"{type.Groups[1].Value}.{test.Groups["name"].Value}", test.Groups["attribute"].Value);

    private static string WithoutNames(string path) => Parameter().Replace(path.Split('?')[0], "{}");
}
