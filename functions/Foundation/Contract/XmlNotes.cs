using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Portal.Functions.Foundation.Contract;

/// <summary>
/// Descriptions from the documentation comments of records, which the compiler writes beside the assembly: what a summary or a param
/// says to who reads the code is said to who reads the API.
/// </summary>
internal static partial class XmlNotes
{
    private static readonly Lazy<IReadOnlyDictionary<string, XElement>> Members = new(Load);

    public static string? Of(Type type) => Text(Find($"T:{NameOf(type)}")?.Element("summary"));

    /// <summary>Its own summary, or the record's word on the parameter that it comes from.</summary>
    public static string? Of(PropertyInfo property) =>
        Text(Find($"P:{NameOf(property.DeclaringType!)}.{property.Name}")?.Element("summary"))
        ?? Text(
            Find($"T:{NameOf(property.DeclaringType!)}")?.Elements("param").FirstOrDefault(
                p => p.Attribute("name")?.Value == property.Name));

    private static XElement? Find(string id) => Members.Value.GetValueOrDefault(id);

    private static Dictionary<string, XElement> Load()
    {
        var file = Path.ChangeExtension(typeof(XmlNotes).Assembly.Location, ".xml");
        return File.Exists(file)
            ? XDocument.Load(file).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value)
            : [];
    }

    private static string NameOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Text(XElement? element)
    {
        var text = element is null ? "" : Spaces().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();
        return text.Length == 0 ? null : text;
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other when other.Attribute("cref") is { } reference => reference.Value.Split('.')[^1],
        XElement other => other.Value,
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
