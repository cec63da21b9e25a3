using System.Text.Json;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// How answers are written as JSON. <c>+</c>, <c>&amp;</c>, <c>&lt;</c>, letters of any language and emoji stand as they are: escaping
/// them is for JSON inside HTML, and ours never is. It is sent as application/json with <c>nosniff</c> and a policy that runs nothing.
/// </summary>
public static class AnswerJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = new AnswerEncoder(),
    };
}
