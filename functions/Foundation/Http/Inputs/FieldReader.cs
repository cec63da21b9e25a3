using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Portal.Foundation;

namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>Reads one plain value from JSON or from a query string and holds it to its field's rules; null when one is broken.</summary>
internal static class FieldReader
{
    /// <summary>Times outside have no meaning here, and some cannot be stored or reckoned with.</summary>
    private const int FirstYear = 2000;
    private const int LastYear = 2100;

    public static object? FromJson(FieldPlan field, JsonElement json, string pointer, Faults faults)
    {
        var type = field.Type;
        if (type == typeof(bool))
        {
            return json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : Wrong(field, pointer, faults);
        }

        if (type == typeof(int) || type == typeof(long))
        {
            return json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var number)
                ? Whole(field, number, pointer, faults)
                : Wrong(field, pointer, faults);
        }

        if (type == typeof(double))
        {
            return json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var real) && double.IsFinite(real)
                ? real
                : Wrong(field, pointer, faults);
        }

        if (json.ValueKind != JsonValueKind.String)
        {
            return Wrong(field, pointer, faults);
        }

        string text;
        try
        {
            text = json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: valid as JSON, not as Unicode.
            faults.At(pointer, "unicode", $"{field.JsonName} is not valid Unicode.");
            return null;
        }

        return FromText(field, text, pointer, faults);
    }

    /// <summary>A query parameter.</summary>
    public static object? FromText(FieldPlan field, StringValues values, string pointer, Faults faults)
    {
        if (!field.IsList)
        {
            return FromQuery(field, values.ToString(), pointer, faults);
        }

        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(field.Type))!;
        var parts = values.SelectMany(v => (v ?? "").Split(',')).ToList();
        if (parts.Count > field.Rules.OfType<ItemsAttribute>().First().Max)
        {
            faults.At(pointer, "items", $"{field.JsonName} must have at most {field.Rules.OfType<ItemsAttribute>().First().Max} entries.");
            return null;
        }

        foreach (var part in parts)
        {
            if (FromQuery(field, part, pointer, faults) is not { } value)
            {
                return null;
            }

            list.Add(value);
        }

        return list;
    }

    private static object? FromQuery(FieldPlan field, string text, string pointer, Faults faults)
    {
        if (field.Type == typeof(bool))
        {
            return text is "true" or "false" ? text == "true" : Wrong(field, pointer, faults);
        }

        if (field.Type == typeof(int) || field.Type == typeof(long))
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? Whole(field, number, pointer, faults)
                : Wrong(field, pointer, faults);
        }

        return FromText(field, text, pointer, faults);
    }

    private static object? FromText(FieldPlan field, string text, string pointer, Faults faults)
    {
        if (field.Type == typeof(Guid))
        {
            return Guid.TryParseExact(text, "D", out var id) ? id : Wrong(field, pointer, faults);
        }

        if (field.Type == typeof(DateTimeOffset))
        {
            return Time(text) is { } time ? time : Wrong(field, pointer, faults);
        }

        if (field.Type == typeof(DateOnly))
        {
            return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                && date.Year is >= FirstYear and < LastYear
                ? date
                : Wrong(field, pointer, faults);
        }

        return field.Type == typeof(string)
            ? Text(field, text, pointer, faults)
            : throw new InvalidOperationException(
                $"{field.Property.DeclaringType}.{field.Property.Name} has a type that inputs do not read.");
    }

    private static string? Text(FieldPlan field, string text, string pointer, Faults faults)
    {
        try
        {
            text = text.Normalize(NormalizationForm.FormC).Trim();
        }
        catch (ArgumentException)
        {
            faults.At(pointer, "unicode", $"{field.JsonName} is not valid Unicode.");
            return null;
        }

        // Control characters, and those that turn text around or hide in it (Unicode: Cc, bidirectional controls, U+FEFF).
        if (text.Any(c => (char.IsControl(c) && c is not ('\n' or '\t'))
            || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\uFEFF'))
        {
            faults.At(pointer, "characters", $"{field.JsonName} must not contain control characters.");
            return null;
        }

        if (text.Length > 0 && !VisibleText.Is(text))
        {
            faults.At(pointer, "visible", $"{field.JsonName} must hold something that can be seen.");
            return null;
        }

        return (string?)Keep(field, text, pointer, faults);
    }

    private static object? Whole(FieldPlan field, long number, string pointer, Faults faults) =>
        Keep(field, number, pointer, faults) is null ? null : Convert.ChangeType(number, field.Type, CultureInfo.InvariantCulture);

    private static object? Keep(FieldPlan field, object value, string pointer, Faults faults)
    {
        foreach (var rule in field.Rules.Where(r => r is not ItemsAttribute))
        {
            if (rule.Broken(value) is { } broken)
            {
                faults.At(pointer, rule.Name, $"{field.JsonName} {broken}");
                return null;
            }
        }

        return value;
    }

    /// <summary>RFC 3339 with an offset.</summary>
    private static DateTimeOffset? Time(string text)
    {
        var hasOffset = text.Length is >= 17 and <= 40 && text[10] is 'T' or 't'
            && (text[^1] is 'Z' or 'z' || (text[^6] is '+' or '-' && text[^3] == ':'));
        return hasOffset && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            && time.UtcDateTime.Year is >= FirstYear and < LastYear
            ? time.ToUniversalTime()
            : null;
    }

    private static object? Wrong(FieldPlan field, string pointer, Faults faults)
    {
        var (rule, message) = field.Type switch
        {
            var t when t == typeof(bool) => ("boolean", "must be true or false."),
            var t when t == typeof(int) || t == typeof(long) =>
                ("range", field.Rules.OfType<WholeAttribute>().First() is var w ? $"must be a whole number from {w.Min} to {w.Max}." : ""),
            var t when t == typeof(double) => ("number", "must be a number."),
            var t when t == typeof(Guid) => ("uuid", "must be a UUID."),
            var t when t == typeof(DateTimeOffset) => ("time", "must be an RFC 3339 time with an offset, such as 2026-03-02T09:00:00Z."),
            var t when t == typeof(DateOnly) => ("date", "must be a date such as 2026-03-02."),
            _ => ("string", "must be a string."),
        };
        faults.At(pointer, rule, $"{field.JsonName} {message}");
        return null;
    }
}
