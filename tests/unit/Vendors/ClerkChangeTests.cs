using System.Text.Json;
using Portal.Vendors.Clerk;

namespace Portal.Tests.Unit.Vendors;

/// <summary>What is read of a person as Clerk tells of them: only a proved address is theirs.</summary>
public sealed class ClerkChangeTests
{
    private const string Proved = """{ "id": "idn_1", "email_address": "ada@a.example", "verification": { "status": "verified" } }""";
    private const string Other = """{ "id": "idn_2", "email_address": "ada@b.example", "verification": { "status": "verified" } }""";
    private const string Claimed = """{ "id": "idn_3", "email_address": "boss@c.example", "verification": { "status": "unverified" } }""";
    private const string Bare = """{ "id": "idn_4", "email_address": "boss@d.example" }""";

    [Theory]
    [InlineData("idn_1", "ada@a.example", Proved, Other)]
    [InlineData("idn_2", "ada@b.example", Proved, Other)]
    [InlineData("idn_3", "ada@a.example", Claimed, Proved)]
    [InlineData("idn_4", "ada@b.example", Bare, Other)]
    [InlineData("idn_9", "ada@a.example", Proved)]
    [InlineData("idn_3", null, Claimed)]
    [InlineData("idn_4", null, Bare, Claimed)]
    [InlineData("idn_1", null)]
    public void The_address_is_the_primary_one_if_proved_else_another(string primary, string? email, params string[] known) =>
        Assert.Equal(email, User($"\"primary_email_address_id\": \"{primary}\", \"email_addresses\": [{string.Join(',', known)}]").Email);

    [Theory]
    [InlineData("Ada", "Admin", "Ada Admin")]
    [InlineData("Ada", "", "Ada")]
    [InlineData("", "", "ada")]
    [InlineData("\u200b", "\u3164", "ada")]
    [InlineData("王", "", "王")]
    public void A_name_that_cannot_be_seen_is_none(string first, string last, string name) =>
        Assert.Equal(
            name, User($"\"first_name\": \"{first}\", \"last_name\": \"{last}\", \"email_addresses\": [{Proved}]").Name);

    [Fact]
    public void Without_a_name_and_a_proved_address_there_is_no_name() => Assert.Null(User($"\"email_addresses\": [{Claimed}]").Name);

    private static ClerkUser User(string fields) =>
        ClerkChange.User(JsonDocument.Parse($"{{ \"id\": \"user_1\", {fields} }}").RootElement)!;
}
