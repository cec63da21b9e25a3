#nullable disable
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Mux.Csharp.Sdk;

/// <summary>What every model does alike: JSON, a debug listing that prints values, equality by value.</summary>
internal static class Wire
{
    public static string ToJson(object model) => JsonConvert.SerializeObject(model, Formatting.Indented);

    public static string Describe(object model)
    {
        var text = new StringBuilder($"class {model.GetType().Name} {{\n");
        foreach (var property in model.GetType().GetProperties())
        {
            text.Append($"  {property.Name}: {property.GetValue(model)}\n");
        }

        return text.Append("}\n").ToString();
    }

    public static bool Same<T>(T left, T right)
        where T : class =>
        ReferenceEquals(left, right) ||
        (left is not null && right is not null && JToken.DeepEquals(JObject.FromObject(left), JObject.FromObject(right)));

    // Extra fields may come in any order, so they only count.
    public static int Hash(object model) => JObject.FromObject(model).Properties()
        .Aggregate(0, (hash, property) => hash ^ StringComparer.Ordinal.GetHashCode(property.Name));
}
