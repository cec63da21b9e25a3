using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Http;

namespace Portal.Tests.Unit.Foundation;

/// <summary>How answers are escaped: no more than JSON asks for, and whatever comes in can be read again.</summary>
public sealed class AnswerJsonTests
{
    [Theory]
    [InlineData("🎬", "\"🎬\"")]
    [InlineData("a🎬b🎬", "\"a🎬b🎬\"")]
    [InlineData("👩‍👧", "\"👩‍👧\"")]
    [InlineData("𠮷é<>&'+", "\"𠮷é<>&'+\"")]
    [InlineData("\"🎬\\", "\"\\\"🎬\\\\\"")]
    [InlineData("🎬\n\u0001", "\"🎬\\n\\u0001\"")]
    [InlineData("🎬\u2028", "\"🎬\\u2028\"")]
    public void Only_what_JSON_cannot_hold_is_escaped(string text, string json)
    {
        Assert.Equal(json, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(text, AnswerJson.Options)));
        // As text of a node, which was read from bytes: the encoder's other way.
        var node = JsonNode.Parse(Encoding.UTF8.GetBytes($$"""{"text":{{JsonSerializer.Serialize(text)}}}"""))!;
        Assert.Equal($$"""{"text":{{json}}}""", Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(node, AnswerJson.Options)));
    }

    [Theory]
    [InlineData("\ud83c")]
    [InlineData("🎬\ud83c")]
    [InlineData("\udfac🎬\ud83c\ud83c")]
    public void Half_of_a_pair_becomes_the_sign_for_what_cannot_be_read(string text)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(text, AnswerJson.Options);
        var read = JsonSerializer.Deserialize<string>(bytes)!;
        Assert.Equal(text.Replace("🎬", "", StringComparison.Ordinal).Length, read.Count(sign => sign == '\uFFFD'));
        Assert.Equal(text.Contains("🎬", StringComparison.Ordinal), read.Contains("🎬", StringComparison.Ordinal));
    }

    [Fact]
    public void Texts_of_any_length_are_read_as_they_were_written()
    {
        var random = new Random(7);
        string[] parts = ["a", "é", "世", "🎬", "\"", "\\", "\t", "<", new('x', 300), "👩‍👧"];
        for (var round = 0; round < 500; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(_ => parts[random.Next(parts.Length)]));
            var bytes = JsonSerializer.SerializeToUtf8Bytes(new { text }, AnswerJson.Options);
            var json = Encoding.UTF8.GetString(bytes);
            Assert.DoesNotContain("\\ud", json, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(text, JsonNode.Parse(bytes)!["text"]!.ToString());
            Assert.Equal(json, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(JsonNode.Parse(bytes), AnswerJson.Options)));
        }
    }
}
