using System.Collections;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Foundation.Contract;

/// <summary>
/// JSON Schema (2020-12) of the records that the app reads and writes: input records with the rules that the reader enforces, answer
/// records as System.Text.Json writes them. Records and vocabularies are named components; everything else stands where it is used.
/// </summary>
internal sealed class ApiSchemas
{
    private readonly SortedDictionary<string, JsonObject> components = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> owners = [];
    private readonly NullabilityInfoContext nullability = new();

    public JsonObject Components() => new(components.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value.DeepClone())));

    /// <summary>A component that no record stands behind.</summary>
    public void Add(string name, JsonObject schema) => components.Add(name, schema);

    public static JsonObject Ref(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>What an input record accepts.</summary>
    public JsonObject Input(Type type) => Component(type.Name, type, () =>
    {
        var plan = InputPlan.Of(type);
        var schema = new JsonObject { ["type"] = "object" };
        Describe(schema, type.GetCustomAttribute<AboutAttribute>(), XmlNotes.Of(type));
        schema["properties"] = new JsonObject(plan.Fields.Select(f => KeyValuePair.Create(f.JsonName, (JsonNode?)BodyField(f))));
        Require(schema, plan.Fields.Where(f => f.IsRequired).Select(f => f.JsonName));
        schema["additionalProperties"] = false;
        return schema;
    });

    /// <summary>A query parameter, with what it is when it is left out: there is no null in a query.</summary>
    public JsonObject Parameter(FieldPlan field)
    {
        var schema = Field(field, nullable: false);
        if (DefaultOf(field) is { } standard)
        {
            schema["default"] = standard;
        }

        return schema;
    }

    /// <summary>
    /// One field of an input record, with its rules. What it is when it is left out is said in words: generators of clients take a field
    /// with a <c>default</c> for one that is always there, and then ask for it.
    /// </summary>
    private JsonObject Field(FieldPlan field, bool nullable)
    {
        // A rule of a map describes the whole of it.
        var one = field.IsMap ? [] : field.IsNested ? Input(field.Type) : Plain(field.Type);
        foreach (var rule in field.Rules.Where(r => r is not ItemsAttribute))
        {
            one = Ruled(one, rule);
        }

        var schema = one;
        if (field.IsList)
        {
            schema = new JsonObject { ["type"] = "array", ["items"] = one };
            field.Rules.OfType<ItemsAttribute>().First().Describe(schema);
        }

        // Null says "none"; a merge patch removes with it.
        schema = nullable ? OrNull(schema) : schema;
        Describe(schema, field.About, XmlNotes.Of(field.Property));
        return schema;
    }

    private JsonObject BodyField(FieldPlan field)
    {
        var schema = Field(field, field.IsNullable);
        if (DefaultOf(field) is { } standard)
        {
            schema["description"] = $"{schema["description"]} Left out: {standard.ToJsonString()}.".TrimStart();
        }

        return schema;
    }

    /// <summary>What an answer record looks like: each field is there, unless it says that it is left out.</summary>
    public JsonObject Answer(Type type)
    {
        if (type == typeof(JsonObject))
        {
            return Any();
        }

        if (EntryOf(type) is { } entry)
        {
            return new() { ["type"] = "array", ["items"] = Answer(entry) };
        }

        return IsRecord(type) ? Component(NameOf(type), type, () => AnswerRecord(type)) : Plain(type);
    }

    private JsonObject AnswerRecord(Type type)
    {
        var schema = new JsonObject { ["type"] = "object" };
        Describe(schema, type.GetCustomAttribute<AboutAttribute>(), XmlNotes.Of(type));
        var properties = new JsonObject();
        var always = new List<string>();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var ignored = property.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition;
            if (ignored is JsonIgnoreCondition.Always)
            {
                continue;
            }

            var name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
                ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            properties[name] = AnswerField(property);
            if (ignored is null or JsonIgnoreCondition.Never)
            {
                always.Add(name);
            }
        }

        schema["properties"] = properties;
        Require(schema, always);
        return schema;
    }

    private JsonObject AnswerField(PropertyInfo property)
    {
        var type = property.PropertyType;
        var info = nullability.Create(property);
        var nullable = Nullable.GetUnderlyingType(type) is not null || info.ReadState == NullabilityState.Nullable;
        type = Nullable.GetUnderlyingType(type) ?? type;
        var schema = EntryOf(type) is { } entry && HoldsNulls(property, info)
            ? new() { ["type"] = "array", ["items"] = OrNull(Answer(Nullable.GetUnderlyingType(entry) ?? entry)) }
            : Answer(type);
        schema = OfParameter<OneOfAttribute>(property) is { } words ? Worded(schema, words) : schema;
        schema = nullable ? OrNull(schema) : schema;
        Describe(schema, OfParameter<AboutAttribute>(property), XmlNotes.Of(property));
        return schema;
    }

    /// <summary>Of a list of whatever its record is of, the compiler cannot say that it has no null; no page has one.</summary>
    private static bool HoldsNulls(PropertyInfo property, NullabilityInfo info)
    {
        var written = property.DeclaringType is { IsGenericType: true } record
            ? record.GetGenericTypeDefinition().GetProperty(property.Name)!
            : property;
        return info.GenericTypeArguments is [{ ReadState: NullabilityState.Nullable }]
            && written.PropertyType.GetGenericArguments() is not [{ IsGenericParameter: true }];
    }

    /// <summary>A vocabulary of a list is that of its entries.</summary>
    private JsonObject Worded(JsonObject schema, OneOfAttribute words)
    {
        if (schema["items"] is not JsonObject)
        {
            return Ruled(schema, words);
        }

        schema["items"] = Ruled(schema["items"]!.DeepClone().AsObject(), words);
        return schema;
    }

    /// <summary>
    /// A schema with one more rule. A vocabulary that is a type is a component, so that a client gets one type of it, which its own
    /// functions can take, instead of the same words again for each field.
    /// </summary>
    private JsonObject Ruled(JsonObject schema, RuleAttribute rule)
    {
        if (rule is OneOfAttribute { Vocabulary: { } vocabulary })
        {
            return Component(WordOf(vocabulary), vocabulary, () =>
            {
                rule.Describe(schema);
                return schema;
            });
        }

        rule.Describe(schema);
        return schema;
    }

    /// <summary>Of a positional record attributes stand on the constructor's parameter.</summary>
    private static T? OfParameter<T>(PropertyInfo property)
        where T : Attribute =>
        property.GetCustomAttribute<T>() ?? property.DeclaringType!.GetConstructors()
            .SelectMany(c => c.GetParameters()).FirstOrDefault(p => p.Name == property.Name)?.GetCustomAttribute<T>();

    private JsonObject Component(string name, Type type, Func<JsonObject> make)
    {
        if (owners.TryAdd(name, type))
        {
            components[name] = make();
        }
        else if (owners[name] != type)
        {
            throw new InvalidOperationException($"{type} and {owners[name]} would both be the schema {name}: rename one.");
        }

        return Ref(name);
    }

    private static JsonObject Plain(Type type) => type switch
    {
        _ when type == typeof(string) => new() { ["type"] = "string" },
        _ when type == typeof(Guid) => Text("uuid"),
        _ when type == typeof(DateTimeOffset) => Text("date-time"),
        _ when type == typeof(DateOnly) => Text("date"),
        _ when type == typeof(Uri) => Text("uri"),
        _ when type == typeof(bool) => new() { ["type"] = "boolean" },
        _ when type == typeof(int) || type == typeof(short) => new() { ["type"] = "integer", ["format"] = "int32" },
        _ when type == typeof(long) => new() { ["type"] = "integer", ["format"] = "int64" },
        _ when type == typeof(double) || type == typeof(decimal) || type == typeof(float) => new() { ["type"] = "number" },
        _ when typeof(JsonNode).IsAssignableFrom(type) || type == typeof(JsonElement) || type == typeof(object) => [],
        _ when ValueOf(type) is { } value => new() { ["type"] = "object", ["additionalProperties"] = Plain(value) },
        _ => throw new InvalidOperationException($"{type} has no place in the OpenAPI document: use a plain type or a record."),
    };

    private static JsonObject Text(string format) => new() { ["type"] = "string", ["format"] = format };

    /// <summary>Whatever fields it has: without the second keyword generators take it for one that has none.</summary>
    internal static JsonObject Any() => new() { ["type"] = "object", ["additionalProperties"] = true };

    private static JsonObject OrNull(JsonObject schema)
    {
        if (schema["type"] is JsonValue type)
        {
            schema["type"] = new JsonArray(type.GetValue<string>(), "null");
            (schema["enum"] as JsonArray)?.Add(null);
            return schema;
        }

        return schema.Count == 0 ? schema : new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
    }

    private static void Describe(JsonObject schema, AboutAttribute? about, string? note)
    {
        if ((about?.Text ?? note) is { } text)
        {
            schema["description"] = text;
        }

        if (about?.Example is { } example)
        {
            schema["examples"] = new JsonArray(JsonNode.Parse(example));
        }
    }

    private static void Require(JsonObject schema, IEnumerable<string> names)
    {
        var required = new JsonArray([.. names.Select(n => (JsonNode)n)]);
        if (required.Count > 0)
        {
            schema["required"] = required;
        }
    }

    private static JsonNode? DefaultOf(FieldPlan field)
    {
        if (field is not { IsRequired: false, Wrapping: null })
        {
            return null;
        }

        var record = Activator.CreateInstance(field.Property.ReflectedType!)!;
        return field.Property.GetValue(record) is { } value && !field.IsNested
            ? JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web)
            : null;
    }

    private static Type? EntryOf(Type type) => type.IsArray ? type.GetElementType()
        : type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) && type is { IsGenericType: true }
            && type.GetGenericArguments() is [var entry]
            ? entry
            : null;

    private static Type? ValueOf(Type type) =>
        type.IsGenericType && type.GetGenericArguments() is [var key, var value] && key == typeof(string)
        && typeof(IEnumerable).IsAssignableFrom(type) ? value : null;

    private static bool IsRecord(Type type) => type.IsClass && (type.Namespace ?? "").StartsWith("Portal", StringComparison.Ordinal);

    /// <summary>What a vocabulary is called by clients: as its class, unless that says otherwise.</summary>
    private static string WordOf(Type vocabulary) =>
        vocabulary.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? vocabulary.Name;

    /// <summary>ProjectJson → Project, PageOf&lt;ProjectJson&gt; → ProjectPage.</summary>
    private static string NameOf(Type type)
    {
        if (type.IsGenericType)
        {
            return string.Concat(type.GetGenericArguments().Select(NameOf)) + type.Name[
                ..type.Name.IndexOf('`', StringComparison.Ordinal)
            ].Replace("Of", "", StringComparison.Ordinal);
        }

        return type.Name.EndsWith("Json", StringComparison.Ordinal) ? type.Name[..^"Json".Length] : type.Name;
    }
}
