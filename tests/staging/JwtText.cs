using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portal.Tests.Staging;

/// <summary>Reads and bends tokens, without any key.</summary>
internal static class JwtText
{
    /// <summary>What a token claims; null: it is no token.</summary>
    public static JsonObject? Claims(string token)
    {
        try
        {
            return token.Split('.') is [_, var claims, _] ? JsonNode.Parse(Base64Url.DecodeFromChars(claims)) as JsonObject : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>When it ends.</summary>
    public static DateTimeOffset? End(string token) =>
        Claims(token)?["exp"] is JsonValue exp && exp.TryGetValue<long>(out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>The same signature under a later end.</summary>
    public static string WithLaterEnd(string token, TimeSpan by)
    {
        var parts = token.Split('.');
        var claims = Claims(token)!;
        claims["exp"] = (long)claims["exp"]! + (long)by.TotalSeconds;
        return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
    }

    /// <summary>Another signature: one character in its middle, where no bit is left unused.</summary>
    public static string WithOtherSignature(string token)
    {
        var at = token.LastIndexOf('.') + 1 + ((token.Length - token.LastIndexOf('.')) / 2);
        return $"{token[..at]}{(token[at] == 'A' ? 'B' : 'A')}{token[(at + 1)..]}";
    }
}
