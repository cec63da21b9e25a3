using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

/// <summary>The text that the hash of a row is over, written out as Postgres writes it. That Postgres does is held by
/// tests/integration.</summary>
public sealed class AuditRowTextTests
{
    private static readonly Guid Tenant = Guid.Parse("11111111-1111-7111-8111-111111111111");

    [Fact]
    public void A_row_is_its_values_in_order_with_those_that_lack_as_null() => Assert.Equal(
        Hash("""["i", "11111111-1111-7111-8111-111111111111", "user", "a", "m", "x", "thing", "e", null, {"b": 1}, null, "t"]"""),
        AuditRowText.Hash(JsonElement.Parse(
            """
            {"occurredAt":"t","newValue":{"b":1},"oldValue":null,"entityId":"e","entityType":"thing","action":"x","impersonatorId":"m",
            "actorId":"a","actorKind":"user","id":"i","tenantId":"another","hash":"00","type":"row"}
            """), Tenant));

    [Fact]
    public void Old_values_and_the_request_are_in_it() => Assert.Equal(
        Hash("""[null, "11111111-1111-7111-8111-111111111111", null, null, null, null, null, null, [], {}, "r", null]"""),
        AuditRowText.Hash(JsonElement.Parse("""{"oldValue":[],"newValue":{},"requestId":"r"}"""), Tenant));

    [Theory]
    [InlineData("""{"b":1,"a":[true,{"c":null}, 2.50]}""", """{"b": 1, "a": [true, {"c": null}, 2.50]}""")]
    [InlineData("""[[],{},"x",1e3,-0]""", """[[], {}, "x", 1e3, -0]""")]
    [InlineData(
        """{"q\"k":"a\"b\\c\bd\fe\nf\rg\th\u0001i\u001f j/\u00e9<>&'"}""",
        """{"q\"k": "a\"b\\c\bd\fe\nf\rg\th\u0001i\u001f j/é<>&'"}""")]
    public void Values_are_written_as_Postgres_writes_them(string sent, string written) => Assert.Equal(
        Hash($"""[null, "11111111-1111-7111-8111-111111111111", null, null, null, null, null, null, null, {written}, null, null]"""),
        AuditRowText.Hash(JsonElement.Parse($$"""{"newValue":{{sent}}}"""), Tenant));

    [Fact]
    public void A_playback_row_begins_with_its_kind() => Assert.Equal(
        Hash("""["playback", "i", "11111111-1111-7111-8111-111111111111", "v", "l", "w", "u", "h", "Chrome", "r", "m", "e"]"""),
        AuditRowText.PlaybackHash(JsonElement.Parse(
            """
            {"id":"i","assetVersionId":"v","shareLinkId":"l","viewerId":"w","userId":"u","ipHash":"h","agentFamily":"Chrome",
            "requestId":"r","mintedAt":"m","tokenExpiresAt":"e","playback":"no"}
            """), Tenant));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
