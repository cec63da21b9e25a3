using System.Reflection;
using System.Runtime.Loader;

namespace Portal.Tests.Soak.Mutants;

/// <summary>
/// What other assemblies were compiled against: types, members, signatures and constants; what is private nobody else was. A reference
/// assembly would say the same, and also what the compiler made of lambdas, so that one lambda less would have everything built anew.
/// </summary>
internal static class AssemblySurface
{
    private const BindingFlags Everything =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    /// <param name="path">The assembly; what it refers to is what this process refers to.</param>
    public static string Of(string path)
    {
        var context = new AssemblyLoadContext(null, isCollectible: true);
        try
        {
            // From memory: the file is written over while it is still mapped otherwise.
            using var bytes = new MemoryStream(File.ReadAllBytes(path));
            var types = context.LoadFromStream(bytes).GetTypes().Where(type => !type.IsNestedPrivate && !IsMade(type.FullName!));
            return string.Join('\n', types.SelectMany(Of).Order(StringComparer.Ordinal));
        }
        finally
        {
            context.Unload();
        }
    }

    private static IEnumerable<string> Of(Type type) => type.GetMembers(Everything)
        .Where(member => !IsMade(member.Name) && !IsPrivate(member))
        .Select(member => $"{type} {member.MemberType} {member}{Constants(member)}")
        .Append($"{type} {type.Attributes} {type.BaseType} {string.Join(' ', type.GetInterfaces().Select(each => each.ToString()))}");

    private static string Constants(MemberInfo member) => member switch
    {
        FieldInfo field => $" {field.Attributes} {(field.IsLiteral ? field.GetRawConstantValue() : null)}",
        MethodBase method => $" {method.Attributes} {string.Join(' ', method.GetParameters().Select(each => each.RawDefaultValue))}",
        _ => "",
    };

    private static bool IsPrivate(MemberInfo member) => member switch
    {
        FieldInfo field => field.IsPrivate,
        MethodBase method => method.IsPrivate,
        PropertyInfo property => property.GetAccessors(nonPublic: true).All(accessor => accessor.IsPrivate),
        _ => false,
    };

    /// <summary>Only the compiler has such names.</summary>
    private static bool IsMade(string name) => name.Contains('<', StringComparison.Ordinal);
}
