using System.Text;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Sharing.ShareLinks;
using Portal.Functions.Videos.Uploads;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What a JSON body must be, and that one answer names every broken rule. The records of the app itself are read.</summary>
public sealed class InputTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_good_body_is_read_with_its_defaults()
    {
        var (input, problem) = Read<CreateShareLinkInput>(
            """{ "assetId": "0198b4d2-0000-7000-8000-000000000001", "maxOpens": 5, "expiresAt": "2026-03-05T09:00:00+11:00" }""");
        Assert.Null(problem);
        Assert.Equal((5, "first", false), (input!.MaxOpens, input.Notify, input.AllowComments));
        Assert.Equal(new DateTimeOffset(2026, 3, 4, 22, 0, 0, TimeSpan.Zero), input.ExpiresAt);
    }

    [Theory]
    [InlineData("""{}""", "/fileName required|/projectId required|/sizeBytes required")]
    [InlineData(
        """{ "projectId": "x", "fileName": "", "sizeBytes": -1, "colour": 1 }""", "/colour unknown|/fileName length|/projectId uuid|/sizeBytes range")]
    [InlineData("""{ "projectId": null, "fileName": 7, "sizeBytes": 1.5 }""", "/fileName string|/projectId required|/sizeBytes range")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a\u0007", "sizeBytes": 1 }""", "/fileName characters")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a\u202Efdp", "sizeBytes": 1 }""", "/fileName characters")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "\u200B\u200D", "sizeBytes": 1 }""", "/fileName visible")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "\u3164 \u0301", "sizeBytes": 1 }""", "/fileName visible")]
    [InlineData("""{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "\ud800", "sizeBytes": 1 }""", "/fileName unicode")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a", "sizeBytes": 1, "source": "ftp" }""", "/source one_of")]
    [InlineData(
        """{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a", "sizeBytes": 1, "source": 7 }""", "/source string")]
    [InlineData("""{ "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a", "fileName": "b", "sizeBytes": 1 }""", " json")]
    [InlineData(
        """{ "a~b/c": 1, "projectId": "0198b4d2-0000-7000-8000-000000000001", "fileName": "a", "sizeBytes": 1 }""", "/a~0b~1c unknown")]
    [InlineData("[]", " object")]
    [InlineData("{", " json")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}""", " json")]
    public void Every_broken_rule_is_named_with_its_pointer(string json, string expected) =>
        Assert.Equal(expected, Faults<RequestUploadInput>(json));

    [Theory]
    [InlineData('\u202A', "/label characters")]
    [InlineData('\u202E', "/label characters")]
    [InlineData('\u2066', "/label characters")]
    [InlineData('\u2069', "/label characters")]
    [InlineData('\uFEFF', "/label characters")]
    [InlineData('\u0007', "/label characters")]
    [InlineData('\u0085', "/label characters")]
    [InlineData('\u200F', "")]
    [InlineData('\u2029', "")]
    [InlineData('\u202F', "")]
    [InlineData('\u206A', "")]
    [InlineData('\n', "")]
    [InlineData('\t', "")]
    public void Characters_that_control_turn_around_or_hide_a_text_are_refused_and_those_beside_them_are_not(
        char character, string expected) =>
        Assert.Equal(expected, Faults<CreateShareLinkInput>(
            $$"""{ "assetId": "0198b4d2-0000-7000-8000-000000000001", "label": "a\u{{(int)character:x4}}b" }"""));

    [Theory]
    [InlineData("2026-03-03T09:00:01", "/expiresAt time")]
    [InlineData("2026-03-03 09:00:01Z", "/expiresAt time")]
    [InlineData("tomorrow", "/expiresAt time")]
    [InlineData("9999-12-31T23:59:59Z", "/expiresAt time")]
    [InlineData("2026-03-02T10:00:00Z", "/expiresAt range")]
    [InlineData("2026-03-10T09:00:00Z", "/expiresAt range")]
    [InlineData("2026-03-09T20:00:00.5+11:00", "")]
    public void Times_need_an_offset_and_a_sane_year(string time, string expected) => Assert.Equal(
        expected, Faults<CreateShareLinkInput>($$"""{ "assetId": "0198b4d2-0000-7000-8000-000000000001", "expiresAt": "{{time}}" }"""));

    [Theory]
    [InlineData("7b2261223a312c22c328223a317d")]
    [InlineData("7b226d656d626572496473223a5b7b225c7564383030223a317d5d7d")]
    public void A_name_that_is_no_text_is_a_broken_rule_and_not_a_fault_of_ours(string bytes)
    {
        // {"a":1,"<C3 28>":1} and {"memberIds":[{"\ud800":1}]}: both are let pass by the parser.
        var (input, problem) = Input.Parse<Functions.Projects.CreateProjectInput>(Convert.FromHexString(bytes), Now);
        Assert.Null(input);
        Assert.Equal("unicode", problem!.Document(null)["errors"]![0]!["rule"]!.ToString());
    }

    [Theory]
    [InlineData("""[ "x" ]""", "/memberIds/0 uuid")]
    [InlineData(""" "x" """, "/memberIds list")]
    [InlineData("""[ "0198b4d2-0000-7000-8000-000000000001", "0198b4d2-0000-7000-8000-000000000001" ]""", "/memberIds items")]
    public void Lists_are_read_entry_by_entry(string list, string expected) =>
        Assert.Equal(expected, Faults<Functions.Projects.CreateProjectInput>($$"""{ "name": "a", "memberIds": {{list}} }"""));

    [Theory]
    [InlineData(0, "")]
    [InlineData(200, "")]
    [InlineData(201, "/label length")]
    public void A_text_may_have_as_many_characters_as_its_limit_says(int length, string expected) =>
        Assert.Equal(expected, Faults<CreateShareLinkInput>(
            $$"""{ "assetId": "0198b4d2-0000-7000-8000-000000000001", "label": "{{new string('x', length)}}" }"""));

    [Theory]
    [InlineData(0, "/maxOpens range")]
    [InlineData(1, "")]
    [InlineData(1_000_000, "")]
    [InlineData(1_000_001, "/maxOpens range")]
    public void A_number_may_be_as_small_and_as_large_as_its_limits_say(int number, string expected) =>
        Assert.Equal(expected, Faults<CreateShareLinkInput>(
            $$"""{ "assetId": "0198b4d2-0000-7000-8000-000000000001", "maxOpens": {{number}} }"""));

    [Fact]
    public void Strings_are_trimmed_and_normalised_and_then_counted()
    {
        var (input, _) = Read<Functions.Projects.CreateProjectInput>("""{ "name": "  Cafe\u0301  " }""");
        Assert.Equal("Caf\u00e9", input!.Name);
        Assert.Equal("/name length", Faults<Functions.Projects.CreateProjectInput>("""{ "name": "   " }"""));
    }

    [Fact]
    public void Every_field_of_every_input_has_its_limit()
    {
        var inputs = typeof(Functions.PortalApp).Assembly.GetTypes().Where(
            t => t.Name.EndsWith("Input", StringComparison.Ordinal) && t is { IsClass: true, IsAbstract: false }).ToList();
        Assert.Contains(typeof(Functions.Projects.CreateProjectInput), inputs);
        Assert.All(inputs, type => Assert.NotNull(InputPlan.Of(type)));
    }

    private static (T? Input, Problem? Problem) Read<T>(string json)
        where T : class => Input.Parse<T>(Encoding.UTF8.GetBytes(json), Now);

    private static string Faults<T>(string json)
        where T : class
    {
        var errors = Read<T>(json).Problem?.Document(null)["errors"]?.AsArray() ?? [];
        return string.Join('|', errors.Select(e => $"{e!["pointer"]} {e["rule"]}").Order(StringComparer.Ordinal));
    }
}
