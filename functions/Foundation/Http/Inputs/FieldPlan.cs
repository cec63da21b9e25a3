using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>How one property of an input record is read: its name on the wire, its type without wrappings, its rules.</summary>
public sealed class FieldPlan
{
    private static readonly NullabilityInfoContext Nullability = new();

    private FieldPlan(PropertyInfo property)
    {
        Property = property;
        JsonName = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        Rules = [.. property.GetCustomAttributes<RuleAttribute>()];
        About = property.GetCustomAttribute<AboutAttribute>();

        var type = property.PropertyType;
        NullabilityInfo nullability;
        lock (Nullability)
        {
            nullability = Nullability.Create(property);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Change<>))
        {
            Wrapping = type;
            type = type.GetGenericArguments()[0];
            nullability = nullability.GenericTypeArguments[0];
        }

        IsNullable = nullability.WriteState != NullabilityState.NotNull || Nullable.GetUnderlyingType(type) is not null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            IsList = true;
            type = type.GetGenericArguments()[0];
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            IsMap = true;
            type = type.GetGenericArguments()[1];
        }

        Type = type;
        RequireBounds();
    }

    public PropertyInfo Property { get; }

    public string JsonName { get; }

    public bool IsRequired { get; }

    public bool IsNullable { get; }

    public bool IsList { get; }

    /// <summary>An object of names that are the caller's own, each with a string or null.</summary>
    public bool IsMap { get; }

    /// <summary>The type of the value, or of a list's or map's entries.</summary>
    public Type Type { get; }

    public AboutAttribute? About { get; }

    public IReadOnlyList<RuleAttribute> Rules { get; }

    public bool IsNested => InputPlan.IsRecord(Type);

    /// <summary>The <see cref="Change{T}"/> type around the value, when the field is one of a merge patch.</summary>
    public Type? Wrapping { get; }

    internal static FieldPlan Of(PropertyInfo property) => new(property);

    internal object? Wrap(object? value) =>
        Wrapping is null ? value : Activator.CreateInstance(Wrapping, true, value);

    /// <summary>Limits everywhere: a field without one is a mistake of ours, found by the first test that touches it.</summary>
    private void RequireBounds()
    {
        var missing = IsMap ? (Rules.OfType<MapAttribute>().Any() ? null : "[Map]")
            : IsList && !Rules.OfType<ItemsAttribute>().Any() ? "[Items]"
            : Type == typeof(string)
                && !Rules.Any(r => r is TextAttribute or OneOfAttribute or EmailAttribute) ? "[Text], [OneOf] or [Email]"
            : (Type == typeof(int) || Type == typeof(long)) && !Rules.OfType<WholeAttribute>().Any() ? "[Whole]"
            : null;
        if (missing is not null)
        {
            throw new InvalidOperationException($"{Property.DeclaringType}.{Property.Name} has no limit: add {missing}.");
        }
    }
}

/// <summary>The fields of an input record, worked out once.</summary>
public sealed class InputPlan
{
    private static readonly ConditionalWeakTable<Type, InputPlan> Known = [];

    private InputPlan(Type type)
    {
        Type = type;
        Fields = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(FieldPlan.Of)];
        ByName = Fields.ToDictionary(f => f.JsonName, StringComparer.Ordinal);
    }

    public Type Type { get; }

    public IReadOnlyList<FieldPlan> Fields { get; }

    public IReadOnlyDictionary<string, FieldPlan> ByName { get; }

    public static InputPlan Of(Type type) => Known.GetValue(type, t => new InputPlan(t));

    internal static bool IsRecord(Type type) => type.IsClass && type != typeof(string) && type.Assembly == typeof(InputPlan).Assembly;
}
