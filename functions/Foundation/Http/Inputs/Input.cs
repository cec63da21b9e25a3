using System.Collections;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>
/// Reads a request into an input record and names every broken rule at once (JSON Pointer, RFC 6901). Unknown and repeated fields are
/// refused, nesting and lengths are limited, times need an offset, strings are normalised and free of control characters.
/// </summary>
public static class Input
{
    private const int MaxDepth = 8;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>A JSON body as <typeparamref name="T"/>; an empty one reads as <c>{}</c>.</summary>
    public static async Task<(T? Value, Problem? Problem)> ReadAsync<T>(HttpRequest request, DateTimeOffset now)
        where T : class
    {
        var (bytes, problem) = await RequestBody.ReadJsonAsync(request);
        return problem is null ? Parse<T>(bytes, now) : (null, problem);
    }

    /// <summary>A small JSON body that a browser may send as it sends a beacon.</summary>
    public static async Task<(T? Value, Problem? Problem)> ReadBeaconAsync<T>(HttpRequest request, DateTimeOffset now)
        where T : class
    {
        var (bytes, problem) = await RequestBody.ReadBeaconAsync(request);
        return problem is null ? Parse<T>(bytes, now) : (null, problem);
    }

    public static (T? Value, Problem? Problem) Parse<T>(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
        where T : class
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes, Strict);
        }
        catch (InvalidOperationException)
        {
            return (null, Unreadable());
        }
        catch (JsonException e)
        {
            var line = e.LineNumber is { } number ? $" (line {number + 1})" : "";
            return (
                null, Problem.Invalid(
                    [new("", "json", $"The body is not valid JSON{line}, names a field twice, or is nested deeper than {MaxDepth}.")]));
        }

        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return (null, Problem.Invalid([new("", "object", "The body must be a JSON object.")]));
            }

            if (!HasReadableNames(json.RootElement))
            {
                return (null, Unreadable());
            }

            var faults = new Faults();
            var value = (T)ReadObject(json.RootElement, InputPlan.Of(typeof(T)), "", faults);
            return Judge(value, faults, now);
        }
    }

    /// <summary>The query string as <typeparamref name="T"/>. Lists are comma-separated or repeated.</summary>
    public static (T? Value, Problem? Problem) ReadQuery<T>(HttpRequest request, DateTimeOffset now)
        where T : class
    {
        var plan = InputPlan.Of(typeof(T));
        var faults = new Faults("?");
        var target = Activator.CreateInstance<T>();
        foreach (var (name, values) in request.Query)
        {
            if (!plan.ByName.TryGetValue(name, out var field))
            {
                faults.At($"?{Shorten(name)}", "unknown", "There is no such query parameter.");
            }
            else if (!field.IsList && values.Count > 1)
            {
                faults.At($"?{name}", "once", $"{name} may be given once.");
            }
            else
            {
                Set(target, field, FieldReader.FromText(field, values, $"?{name}", faults), $"?{name}", faults);
            }
        }

        foreach (var field in plan.Fields.Where(f => f.IsRequired && !request.Query.ContainsKey(f.JsonName)))
        {
            faults.Add(field.JsonName, "required", "is required.");
        }

        return Judge(target, faults, now);
    }

    private static (T? Value, Problem? Problem) Judge<T>(T value, Faults faults, DateTimeOffset now)
        where T : class
    {
        if (faults.Errors.Count == 0 && value is IChecked rules)
        {
            rules.Check(faults, now);
        }

        return faults.Errors.Count == 0 ? (value, null) : (null, Problem.Invalid(faults.Errors));
    }

    private static Problem Unreadable() => Problem.Invalid([new("", "unicode", "The body names a field that is not valid Unicode.")]);

    /// <summary>
    /// Names that are no text: of lone surrogates the parser throws while it looks for repetitions, bytes that are not UTF-8 it lets pass,
    /// and to ask for such a name throws.
    /// </summary>
    private static bool HasReadableNames(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().All(p => p.Name is not null && HasReadableNames(p.Value)),
                JsonValueKind.Array => json.EnumerateArray().All(HasReadableNames),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static object ReadObject(JsonElement json, InputPlan plan, string pointer, Faults faults)
    {
        var target = Activator.CreateInstance(plan.Type)!;
        var unknown = 0;
        foreach (var property in json.EnumerateObject())
        {
            var at = $"{pointer}/{Escape(property.Name)}";
            if (!plan.ByName.TryGetValue(property.Name, out var field))
            {
                // Twenty are enough to see the mistake; a body of ten thousand must not echo.
                if (unknown++ < 20)
                {
                    faults.At(at, "unknown", "There is no such field.");
                }
            }
            else if (property.Value.ValueKind == JsonValueKind.Null)
            {
                SetNull(target, field, at, faults);
            }
            else
            {
                Set(target, field, ReadValue(property.Value, field, at, faults), at, faults);
            }
        }

        foreach (var field in plan.Fields.Where(f => f.IsRequired && !json.TryGetProperty(f.JsonName, out _)))
        {
            faults.At($"{pointer}/{field.JsonName}", "required", $"{field.JsonName} is required.");
        }

        return target;
    }

    private static object? ReadValue(JsonElement json, FieldPlan field, string pointer, Faults faults)
    {
        if (field.IsMap)
        {
            return ReadMap(json, field, pointer, faults);
        }

        if (!field.IsList)
        {
            return ReadOne(json, field, pointer, faults);
        }

        var max = field.Rules.OfType<ItemsAttribute>().First().Max;
        if (json.ValueKind != JsonValueKind.Array)
        {
            faults.At(pointer, "list", $"{field.JsonName} must be a list.");
            return null;
        }

        if (json.GetArrayLength() > max)
        {
            faults.At(pointer, "items", $"{field.JsonName} must have at most {max} entries.");
            return null;
        }

        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(field.Type))!;
        var index = 0;
        foreach (var entry in json.EnumerateArray())
        {
            if (ReadOne(entry, field, $"{pointer}/{index++}", faults) is { } value)
            {
                list.Add(value);
            }
        }

        return list.Count == index ? list : null;
    }

    private static Dictionary<string, string?>? ReadMap(JsonElement json, FieldPlan field, string pointer, Faults faults)
    {
        var rule = field.Rules.OfType<MapAttribute>().First();
        if (json.ValueKind != JsonValueKind.Object)
        {
            faults.At(pointer, "object", $"{field.JsonName} must be an object.");
            return null;
        }

        if (json.GetPropertyCount() > rule.Max)
        {
            faults.At(pointer, rule.Name, $"{field.JsonName} must have at most {rule.Max} entries.");
            return null;
        }

        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var entry in json.EnumerateObject())
        {
            var at = $"{pointer}/{Escape(entry.Name)}";
            if (!MapAttribute.IsName(entry.Name))
            {
                faults.At(at, rule.Name, MapAttribute.NameRule);
            }
            else if (entry.Value.ValueKind == JsonValueKind.Null)
            {
                map[entry.Name] = null;
            }
            else if (FieldReader.FromJson(field, entry.Value, at, faults) is string text)
            {
                map[entry.Name] = text;
            }
        }

        return map;
    }

    private static object? ReadOne(JsonElement json, FieldPlan field, string pointer, Faults faults)
    {
        if (!field.IsNested)
        {
            return FieldReader.FromJson(field, json, pointer, faults);
        }

        if (json.ValueKind == JsonValueKind.Object)
        {
            return ReadObject(json, InputPlan.Of(field.Type), pointer, faults);
        }

        faults.At(pointer, "object", $"{field.JsonName} must be an object.");
        return null;
    }

    private static void Set(object target, FieldPlan field, object? value, string pointer, Faults faults)
    {
        // Null: a broken rule was named already.
        if (value is null)
        {
            return;
        }

        if (field.IsList && field.Rules.OfType<ItemsAttribute>().First() is var items && items.Broken(value) is { } broken)
        {
            faults.At(pointer, items.Name, $"{field.JsonName} {broken}");
            return;
        }

        field.Property.SetValue(target, field.Wrap(value));
    }

    private static void SetNull(object target, FieldPlan field, string pointer, Faults faults)
    {
        if (field.IsNullable)
        {
            field.Property.SetValue(target, field.Wrap(null));
        }
        else
        {
            faults.At(
                pointer, field.IsRequired ? "required" : "null",
                field.IsRequired ? $"{field.JsonName} is required." : $"{field.JsonName} must not be null.");
        }
    }

    private static string Escape(string name) =>
        Shorten(name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Shorten(string name) => name.Length > 100 ? name[..100] : name;
}
