using System.Globalization;

namespace Portal.Tests.Soak;

/// <summary>Options of a soak program: <c>--name value</c>.</summary>
public sealed class SoakArguments(string[] args)
{
    public bool Has(string option) => args.Contains(option, StringComparer.Ordinal);

    public string? Text(string option) => Array.IndexOf(args, option) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

    public int Number(string option, int otherwise) =>
        Text(option) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <exception cref="ArgumentException">It is not there.</exception>
    public string Required(string option) => Text(option) ?? throw new ArgumentException($"{option} is missing.");
}
