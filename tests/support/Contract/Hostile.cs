using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Portal.Tests.Support.Contract;

/// <summary>Values that break what was not thought through. None contains the words that a leak is recognised by.</summary>
public static class Hostile
{
    public static IReadOnlyList<string> Texts { get; } =
    [
        "", " ", "null", "undefined", "NaN", "true", "0", "-1", "1e308", "99999999999999999999", "0x10", "١٢٣",
        "' or 1=1 --", "'; drop table users; --", "\" or \"\"=\"", "%' or '%'='", "$1", "{0}", "{{7*7}}", "${jndi:ldap://x}", "`id`",
        "$(id)", "| cat /etc/passwd",
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "<!--", "]]>", "&lt;b&gt;",
        "../../../../etc/passwd", "..\\..\\windows", "/", "\\", "%2e%2e%2f", "%00", "con", "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "a\0b", "a\u0001b", "a\u001bb", "a\rb", "a\nb\tc", "a\u2028b", "\u202Eevil", "\u200D", "\uFEFFx", "\u0301", "e\u0301", "Å", "ﷺ",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿👩‍👩‍👧‍👦",
        "\ud800", "\udfff\ud800", new('a', 256), new('a', 5000), new('é', 401), string.Concat(
            Enumerable.Repeat("🙂", 200)), new(' ', 300), new('%', 50), new('{', 100),
        "2026-02-30", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-03-02T09:00:00",
        "2026-03-02T24:00:00+14:59", "tomorrow",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{00000000-0000-0000-0000-000000000001}",
        "0198c5a27d317c4e9a523f1b6e0d8c47",
        "a@b", "a@b.c\n", "kim@studio.example\0", "\"a b\"@x.example", "*", "W/\"1\"", "\"1\"", "\"\"", "\"-1.x\"", "\"2147483648.x\"",
        "1,2,3", ",", ",,,,", "a=b&c=d", "#", "?", ";",
    ];

    /// <summary>JSON as text, for it may be what no writer writes.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "1.5", "1e3", "1e308", "1e999", "-1e999", "9223372036854775807",
        "9223372036854775808", "2147483648", "-2147483649", "0.1e-400",
        "123456789012345678901234567890123456789012345678901234567890", "\"\"", "[]", "{}", "[null]", "[[]]",
        "[[[[[[[[[[[[[[1]]]]]]]]]]]]]]", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}",
        "{\"$type\":\"System.Object\"}", "{\"__proto__\":{\"admin\":true}}", "\"\\ud800\"", "\"\\u0000\"", "[1,\"a\",null,true,{}]",
        "[\"a\",\"a\"]",
        $"[{string.Join(',', Enumerable.Range(0, 500))}]", $"\"{new string('x', 40_000)}\"",
    ];

    /// <summary>Whole bodies.</summary>
    public static IReadOnlyList<byte[]> Bodies { get; } =
    [
        [], "null"u8.ToArray(), "[]"u8.ToArray(), "\"text\""u8.ToArray(), "1"u8.ToArray(), "{"u8.ToArray(), "{}{}"u8.ToArray(),
        "{\"a\":}"u8.ToArray(), "{'a':1}"u8.ToArray(), "{\"a\":1,}"u8.ToArray(),
        "{/* c */}"u8.ToArray(), "\0"u8.ToArray(), [0xff, 0xfe, 0x7b, 0x00], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [
            0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d
        ], "{\"\":\"\"}"u8.ToArray(),
        "{\"name\":\"a\",\"name\":\"b\"}"u8.ToArray(), "{\"__proto__\":{}}"u8.ToArray(), "{\"\\ud800\":1}"u8.ToArray(),
        "{\"name\":{\"\\udfff\":{}}}"u8.ToArray(), Encoding.UTF8.GetBytes(new string('[', 20_000)), Encoding.UTF8.GetBytes(
            "{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}"),
        Encoding.UTF8.GetBytes(
            "{" + string.Join(
                ',', Enumerable.Range(0, 3000).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"f{i}\":{i}"))) + "}"),
        Encoding.UTF8.GetBytes(
            $"{{\"{new string('k', 30_000)}\":1}}"), new byte[65_536], new byte[65_537], new byte[200_000], "a=1&b=2"u8.ToArray(),
            "<xml/>"u8.ToArray(), Encoding.Unicode.GetBytes("{}"),
    ];

    public static IReadOnlyList<string> MediaTypes { get; } =
        [
            "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16",
            "application/json; charset=nonsense", "application/merge-patch+json", "text/json", "text/plain", "application/xml",
            "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "nonsense", ""
        ];

    /// <summary>Request headers that the app, its host or a framework under it reads.</summary>
    public static IReadOnlyList<string> Headers { get; } =
    [
        "Idempotency-Key", "If-Match", "If-None-Match", "If-Modified-Since", "traceparent", "tracestate", "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "X-HTTP-Method-Override", "Forwarded",
        "Cookie", "Origin", "Referer", "Range", "Accept", "Accept-Language", "Accept-Encoding", "Content-Encoding", "Expect",
        "Authorization", "User-Agent", "x-functions-key", "Mux-Signature", "svix-id", "svix-timestamp", "svix-signature",
        "x-vercel-signature", "x-vercel-oidc-token", "Access-Control-Request-Method", "DNT", "Connection", "Via", "X-Request-Id",
    ];

    /// <summary>Near the edges of what a schema allows, on both sides.</summary>
    public static string ValueNear(JsonObject? schema, Random random)
    {
        var limits = new List<string>();
        foreach (var edge in new[] { "minimum", "maximum" })
        {
            if (schema?[edge]?.GetValue<long>() is { } limit)
            {
                limits.AddRange([Number(limit), Number(limit + 1), Number(limit - 1)]);
            }
        }

        foreach (var edge in new[] { "minLength", "maxLength" })
        {
            if (schema?[edge]?.GetValue<int>() is { } length)
            {
                limits.AddRange(
                    new[] { length, length + 1, Math.Max(0, length - 1) }.Select(
                        n => JsonValue.Create(new string('m', n)).ToJsonString()));
            }
        }

        if (schema?["enum"] is JsonArray allowed)
        {
            limits.AddRange(allowed.Select(a => a?.ToJsonString() ?? "null"));
        }

        return limits.Count == 0 ? "null" : limits[random.Next(limits.Count)];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
