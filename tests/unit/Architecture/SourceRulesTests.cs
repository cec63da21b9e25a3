using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>Rules of docs/development.md that a compiler does not know.</summary>
public sealed partial class SourceRulesTests
{
    // Names that gather what nobody placed. The first kind is refused as the end of a name too: UploadManager is no better.
    private const string Vague = "Services?|Repositor(y|ies)|Managers?|Helpers?|Utils?|Utilities";
    private const string VagueAlone = "Common|Core|Models|Interfaces";

    private static readonly string[] Ours = ["functions", "shared", "infra"];
    private static readonly string[] WithTests = [.. Ours, "tests"];

    [Fact]
    public void Shared_knows_nothing_of_Azure_Functions_or_Durable()
    {
        var references = typeof(PortalRegistrations).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!).ToList();
        var project = Sources.Read("shared/Shared.csproj");

        Assert.Contains("Npgsql", references);
        Assert.DoesNotContain(references, IsHost);
        Assert.Contains("Mux.Csharp.Sdk", Included().Matches(project).Select(match => match.Groups[1].Value));
        Assert.DoesNotContain(Included().Matches(project).Select(match => match.Groups[1].Value), IsHost);

        static bool IsHost(string name) => name.StartsWith("Microsoft.Azure.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.DurableTask", StringComparison.Ordinal)
                || name.StartsWith("DurableTask.", StringComparison.Ordinal);
    }

    [Fact]
    public void A_Mux_event_name_stands_in_one_place()
    {
        var hits = Sources.CSharp("functions", "shared")
            .SelectMany(file => MuxEventName().Matches(file.Text).Select(match => (Name: match.Value, file.Path)))
            .ToLookup(hit => hit.Name, hit => hit.Path);

        Assert.True(hits.Contains("\"video.asset.ready\""), "The search finds nothing any more.");
        Fail(
            "Mux event names that stand in more than one place", hits.Where(hit => hit.Count() > 1).Select(
                hit => $"{hit.Key}: {string.Join(", ", hit)}"));
    }

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() => Fail(
        "Folders to name after what they are about",
        Sources.CSharp(Ours).Where(IsNamedByUs).Select(file => Path.GetDirectoryName(file.Path)!.Replace('\\', '/')).Distinct()
            .Where(folder => folder.Split('/').Any(part => VagueFolder().IsMatch(part))));

    [Fact]
    public void No_type_has_a_name_that_says_nothing() => Fail(
        "Types to name after what they do",
        Sources.CSharp(Ours).Where(IsNamedByUs).SelectMany(
            file => VagueType().Matches(file.Text).Select(match => $"{file.Path}: {match.Value.Trim()}")));

    [Fact]
    public void No_two_types_have_one_name() => Fail(
        "Names to make two of: a reader must not have to look at the namespace",
        Repeated(Sources.CSharp(WithTests).Where(IsNamedByUs)));

    [Fact]
    public void The_search_for_repeated_names_finds_what_it_should() => Assert.Equal(
        ["Reply: a/Reply.cs, b/Reply.cs"],
        Repeated(
        [
            new("a/Reply.cs", "namespace A;\n\ninternal sealed class Reply(int x)\n"),
            new("b/Reply.cs", "namespace B;\n\npublic readonly record struct Reply(int X);\n"),
            new("a/Cursor.cs", "namespace A;\n\npublic sealed partial class Cursor\n{\n    private sealed class Reply;\n}\n"),
            new("a/Cursor.Reading.cs", "namespace A;\n\npublic sealed partial class Cursor\n"),
        ]));

    [Fact]
    public void Every_refusal_that_the_API_document_promises_is_named_by_a_test()
    {
        var promised = Sources.CSharp("functions").SelectMany(file => Refuses().Matches(file.Text).Select(match => match.Groups[1].Value))
            .Distinct().ToList();
        var tests = Sources.CSharp("tests/unit", "tests/integration").Select(file => file.Text).ToList();

        Assert.True(promised.Count > 40, "The search finds nothing any more.");
        Fail(
            "Refusals that no test provokes by name",
            promised.Where(slug => !tests.Exists(text => text.Contains($"\"{slug}\"", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("public sealed class UploadManager(X x)", true)]
    [InlineData("internal static class Helpers", true)]
    [InlineData("public interface IUploadService<T>", true)]
    [InlineData("public sealed record Core(int X);", true)]
    [InlineData("public sealed class ManagementJson", false)]
    [InlineData("public sealed class ServiceDesk", false)]
    [InlineData("// a class of services", false)]
    public void The_search_for_vague_types_finds_what_it_should(string text, bool found) => Assert.Equal(found, VagueType().IsMatch(text));

    [Fact]
    public void No_source_is_compiled_conditionally() => Fail(
        "#if: the same source must compile with stand-ins and with the real packages",
        Sources.CSharp(WithTests).Where(file => Conditional().IsMatch(file.Text)).Select(file => file.Path));

    [Fact]
    public void Nobody_asks_for_the_invocation_result()
    {
        // It needs an internal feature that only the real worker supplies; the executor that the worker SDK generates uses it, so that the
        // compiler cannot ban it. Written in two parts, or this file would be a hit.
        const string Forbidden = "GetInvocation" + "Result";
        Fail(
            Forbidden, Sources.CSharp(WithTests).Where(
                file => file.Text.Contains(Forbidden, StringComparison.Ordinal)).Select(file => file.Path));
    }

    /// <summary>The stand-ins carry other people's names.</summary>
    private static bool IsNamedByUs(SourceFile file) => !file.IsIn("infra/packages");

    /// <summary>A type in several files is one as long as its namespace is. Nested types have their owner's name before theirs.</summary>
    private static IEnumerable<string> Repeated(IEnumerable<SourceFile> files) =>
        from file in files
        let space = Namespace().Match(file.Text).Groups[1].Value
        from type in Type().Matches(file.Text)
        group (space, file.Path) by type.Groups[1].Value into named
        where named.Select(type => type.space).Distinct().Count() > 1
        select $"{named.Key}: {string.Join(", ", named.Select(type => type.Path).Distinct())}";

    private static void Fail(string what, IEnumerable<string> found)
    {
        var list = found.ToList();
        Assert.True(list.Count == 0, $"{what}:\n{string.Join('\n', list)}");
    }

    [GeneratedRegex(@"\[Refuses\(\d+, ""([a-z-]+)""")]
    private static partial Regex Refuses();

    [GeneratedRegex("""Include="([^"]+)""")]
    private static partial Regex Included();

    [GeneratedRegex("""
        "video\.[a-z_.]+"
        """)]
    private static partial Regex MuxEventName();

    [GeneratedRegex($"^({Vague}|{VagueAlone})$", RegexOptions.IgnoreCase)]
    private static partial Regex VagueFolder();

    [GeneratedRegex($@"^[\w ]*\b(class|record|struct|interface|enum) +(\w*({Vague})|{VagueAlone})\b", RegexOptions.Multiline)]
    private static partial Regex VagueType();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^[a-z][a-z ]*\b(?:class|record|struct|interface|enum|delegate [\w<>?]+) +(\w+)", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"^\s*#\s*(if|elif)\b", RegexOptions.Multiline)]
    private static partial Regex Conditional();
}
