using System.Reflection;

namespace Portal.Tests.Unit.Infra.Packages;

/// <summary>
/// Writes XML documentation ids (ECMA-334, annex D) of what an assembly shows: public and protected types and members,
/// those that the compiler adds to records and delegates included.
/// </summary>
internal static class DocumentationId
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> VisibleIn(Assembly assembly) => assembly.GetTypes().Where(IsVisible).SelectMany(OfType);

    private static IEnumerable<string> OfType(Type type)
    {
        var name = DefinitionName(type);
        var accessors = type.GetProperties(Declared).SelectMany(property => property.GetAccessors(nonPublic: true)).ToHashSet();
        return
        [
            "T:" + name,
            .. type.GetFields(Declared).Where(IsVisible).Select(field => $"F:{name}.{field.Name}"),
            .. type.GetConstructors(Declared).Where(IsVisible).Select(constructor => $"M:{name}.#ctor{Parameters(constructor)}"),
            .. type.GetProperties(Declared).Where(property => property.GetAccessors(nonPublic: true).Any(IsVisible))
                .Select(property => $"P:{name}.{property.Name}{Parameters(property.GetIndexParameters())}"),
            .. type.GetEvents(Declared).Where(@event => IsVisible(@event.AddMethod!)).Select(@event => $"E:{name}.{@event.Name}"),
            .. type.GetMethods(Declared).Where(method => IsVisible(method) && !accessors.Contains(method))
                .Select(method => MethodId(name, method)),
        ];
    }

    private static string MethodId(string declaring, MethodInfo method)
    {
        var arity = method.IsGenericMethodDefinition ? $"``{method.GetGenericArguments().Length}" : string.Empty;
        var result = method.Name is "op_Implicit" or "op_Explicit" ? "~" + Reference(method.ReturnType) : string.Empty;
        return $"M:{declaring}.{method.Name}{arity}{Parameters(method)}{result}";
    }

    private static bool IsVisible(Type type) =>
        (type.IsNested
            ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)
            : type.IsPublic)
        && !type.Name.Contains('<', StringComparison.Ordinal);

    // A record's clone method and an enum's value field have names that no source can say.
    private static bool IsVisible(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !method.Name.Contains('<', StringComparison.Ordinal);

    private static bool IsVisible(FieldInfo field) =>
        (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName;

    private static string Parameters(MethodBase method) => Parameters(method.GetParameters());

    private static string Parameters(ParameterInfo[] parameters) => parameters.Length == 0
        ? string.Empty
        : $"({string.Join(',', parameters.Select(parameter => Reference(parameter.ParameterType)))})";

    private static string DefinitionName(Type type) => type.FullName!.Replace('+', '.');

    private static string Reference(Type type)
    {
        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (type.HasElementType)
        {
            var suffix = type.IsByRef ? "@" : type.IsPointer ? "*" : "[]";
            return Reference(type.GetElementType()!) + suffix;
        }

        var arguments = new Queue<Type>(type.GetGenericArguments());
        return string.Join('.', Chain(type).Select(link => Named(link, arguments)).Prepend(type.Namespace));
    }

    private static IEnumerable<Type> Chain(Type type) => type.DeclaringType is { } outer ? Chain(outer).Append(type) : [type];

    // Every generic type on the way from the outermost takes its own share of the arguments.
    private static string Named(Type type, Queue<Type> arguments)
    {
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        if (tick < 0)
        {
            return type.Name;
        }

        var own = int.Parse(type.Name.AsSpan(tick + 1), System.Globalization.CultureInfo.InvariantCulture);
        return $"{type.Name[..tick]}{{{string.Join(',', Enumerable.Range(0, own).Select(_ => Reference(arguments.Dequeue())))}}}";
    }
}
