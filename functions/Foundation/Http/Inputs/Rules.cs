using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>
/// A rule of one field of an input record. The reader enforces it and the OpenAPI document states it: one text for both.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public abstract class RuleAttribute : Attribute
{
    /// <summary>The stable name of the rule in <c>errors[].rule</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What the field must be, as the end of a sentence that starts with its name; null when the value keeps the rule.</summary>
    public abstract string? Broken(object value);

    /// <summary>Puts the rule into the field's JSON Schema.</summary>
    public abstract void Describe(JsonObject schema);
}

/// <summary>A string of <see cref="Min"/> to <paramref name="max"/> characters, counted after normalising (NFC) and trimming.</summary>
public sealed class TextAttribute(int max) : RuleAttribute
{
    public int Max { get; } = max;

    public int Min { get; init; } = 1;

    public override string Name => "length";

    public override string? Broken(object value) =>
        ((string)value).Length >= Min && ((string)value).Length <= Max ? null : $"must have {Min} to {Max} characters.";

    public override void Describe(JsonObject schema)
    {
        schema["minLength"] = Min;
        schema["maxLength"] = Max;
    }
}

/// <summary>An e-mail address as far as it can be checked without writing to it: one @, a dot behind it, no spaces, 254 characters (RFC
/// 5321).</summary>
public sealed partial class EmailAttribute : RuleAttribute
{
    public const int Max = 254;

    public override string Name => "email";

    public override string? Broken(object value) =>
        ((string)value).Length <= Max && Address().IsMatch((string)value) ? null : "must be an e-mail address.";

    public override void Describe(JsonObject schema)
    {
        schema["format"] = "email";
        schema["maxLength"] = Max;
    }

    [GeneratedRegex(
        @"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        + @"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$")]
    private static partial Regex Address();
}

/// <summary>One of a few words. On a field of an answer it is what the OpenAPI document promises, and tests hold answers to.</summary>
public sealed class OneOfAttribute(params string[] allowed) : RuleAttribute
{
    /// <param name="vocabulary">A class of constants, an enumeration, or a class whose <c>All</c> lists them: its words.</param>
    public OneOfAttribute(Type vocabulary)
        : this([.. WordsOf(vocabulary)]) => Vocabulary = vocabulary;

    public Type? Vocabulary { get; }

    public IReadOnlyList<string> Allowed { get; } = allowed;

    public override string Name => "one_of";

    public override string? Broken(object value) =>
        Allowed.Contains((string)value) ? null : $"must be one of: {string.Join(", ", Allowed)}.";

    public override void Describe(JsonObject schema) => schema["enum"] = new JsonArray([.. Allowed.Select(a => (JsonNode)a)]);

    private static IEnumerable<string> WordsOf(Type vocabulary) =>
        vocabulary.GetProperty("All") is { } all
            ? ((System.Collections.IEnumerable)all.GetValue(null)!).Cast<object>().Select(word => word.ToString()!)
            : vocabulary.GetFields().Where(f => f.IsLiteral).Select(f => f.GetRawConstantValue() as string ?? f.Name);
}

/// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
public sealed class WholeAttribute(long min, long max) : RuleAttribute
{
    public long Min { get; } = min;

    public long Max { get; } = max;

    public override string Name => "range";

    public override string? Broken(object value) =>
        Convert.ToInt64(value, CultureInfo.InvariantCulture) is var n && n >= Min && n <= Max
            ? null
            : $"must be a whole number from {Min} to {Max}.";

    public override void Describe(JsonObject schema)
    {
        schema["minimum"] = Min;
        schema["maximum"] = Max;
    }
}

/// <summary>A list of <see cref="Min"/> to <paramref name="max"/> entries, each different. Rules of the entries stand beside it.</summary>
public sealed class ItemsAttribute(int max) : RuleAttribute
{
    public int Max { get; } = max;

    public int Min { get; init; }

    public override string Name => "items";

    public override string? Broken(object value) => ((System.Collections.ICollection)value).Count is var n && (n < Min || n > Max)
        ? $"must have {Min} to {Max} entries."
        : ((System.Collections.IEnumerable)value).Cast<object>().Distinct().Count() < n ? "must not name the same twice." : null;

    public override void Describe(JsonObject schema)
    {
        schema["minItems"] = Min;
        schema["maxItems"] = Max;
        schema["uniqueItems"] = true;
    }
}

/// <summary>
/// An object of up to <paramref name="max"/> entries whose names the caller chooses, each a string of up to <paramref name="maxLength"/>
/// characters. In a merge patch null removes an entry.
/// </summary>
public sealed partial class MapAttribute(int max, int maxLength) : RuleAttribute
{
    internal const string NameRule = "A name must have 1 to 50 characters out of letters, digits, _, . and -.";

    public int Max { get; } = max;

    public int MaxLength { get; } = maxLength;

    public override string Name => "map";

    public override string? Broken(object value) =>
        value is string text && text.Length is var length && (length == 0 || length > MaxLength)
            ? $"must hold strings of 1 to {MaxLength} characters."
            : null;

    public override void Describe(JsonObject schema)
    {
        schema["type"] = "object";
        schema["maxProperties"] = Max;
        schema["propertyNames"] = new JsonObject { ["pattern"] = "^[A-Za-z0-9_.-]{1,50}$" };
        schema["additionalProperties"] = new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["minLength"] = 1,
            ["maxLength"] = MaxLength,
        };
    }

    internal static bool IsName(string name) => NamePattern().IsMatch(name);

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,50}\z")]
    private static partial Regex NamePattern();
}

/// <summary>A sentence about a field for the OpenAPI document.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter | AttributeTargets.Class)]
public sealed class AboutAttribute(string text) : Attribute
{
    public string Text { get; } = text;

    /// <summary>An example value, as JSON.</summary>
    public string? Example { get; init; }
}
