using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Playbook;

/// <summary>How documents and sources write down what is compared.</summary>
internal static partial class CodeFacts
{
    [GeneratedRegex(@"^\w+Tests\.\w+$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^(?<verb>GET|POST|PUT|PATCH|DELETE|HEAD) (?<path>/(?!admin/|runtime/)[^\s`]*)")]
    private static partial Regex Route();

    [GeneratedRegex(@"^(/(?:api|ops|\.well-known)(?:/[^\s]*)?)$")]
    private static partial Regex PathAlone();

    [GeneratedRegex(@"^[A-Z][A-Za-z]+:[A-Z][A-Za-z]+(:<?\w+>?)?$")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^portal\.(?<table>\w+)(\.(?<column>\w+))?$")]
    private static partial Regex TableName();

    [GeneratedRegex(@"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")]
    private static partial Regex Snake();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(
        @"\b(?<kind>[Aa]lert|[Ee]vent|[Aa]ction|[Mm]etric|[Oo]bjective|[Tt]imer)s?:? (?<names>`\w+`(?:(?:, | and | or )`\w+`)*)")]
    private static partial Regex Named();

    [GeneratedRegex(@"\b[45]\d\d `([a-z]+(?:-[a-z0-9]+)*)`")]
    private static partial Regex Refusal();

    [GeneratedRegex(@"(?<value>\d[\d,.]*[a-z]*(?: [A-Za-z]+){0,3})<!-- (?<constant>\w+\.\w+) -->")]
    private static partial Regex Marked();

    [GeneratedRegex("<!-- ")]
    private static partial Regex Mark();

    [GeneratedRegex(@"^(?<number>\d+(?:,\d{3})*(?:\.\d+)?)(?: (?<unit>[A-Za-z]+))?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^(select|with)\b")]
    private static partial Regex ReadsOnly();

    [GeneratedRegex(@"\bportal\.(\w+)")]
    private static partial Regex InSql();

    [GeneratedRegex(@"\{[^}/]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"`\w+Tests\.\w+`|`(GET|POST|PUT|PATCH|DELETE|HEAD) /|query: |`(functions|shared|infra|tests|docs|\.ci)/[\w./-]+`")]
    private static partial Regex Evidence();

    [GeneratedRegex(
        @"^create (?:unlogged )?table portal\.(?<name>\w+) \((?<body>.*?)^\)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Table();

    [GeneratedRegex(@"^    (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Column();

    [GeneratedRegex(@"\bclass (\w+Tests)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(
        @"\[(?<attribute>\w*(?:Fact|Theory))\b[^\n]*\](?:(?!\[\w*(?:Fact|Theory)\b).)*?"
            + @"public (?:static )?(?:async )?(?:Task|ValueTask|void) (?<name>\w+)\(",
        RegexOptions.Singleline)]
    private static partial Regex TestMethod();
}
