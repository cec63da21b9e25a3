namespace Portal.Tests.Staging.Checks;

/// <summary>A cookie as an answer sets it.</summary>
internal sealed record SetCookie(string Name, string Value, IReadOnlyDictionary<string, string> Attributes)
{
    private const int WeekInSeconds = 7 * 24 * 60 * 60;

    public static SetCookie? Of(PortalAnswer answer, string name) => answer.Headers["Set-Cookie"].Select(Read).LastOrDefault(
        cookie => cookie.Name == name);

    /// <summary>What is wrong with it; empty: nothing.</summary>
    public string Faults(string sameSite, string path, bool secure, bool partitioned) => string.Join(", ", new[]
    {
        Value.Length > 0 ? "" : "it is empty",
        Attributes.ContainsKey("HttpOnly") ? "" : "scripts can read it",
        Attributes.ContainsKey("Secure") == secure ? "" : secure ? "no Secure" : "Secure without TLS",
        Attributes.GetValueOrDefault("SameSite", "none given").Equals(sameSite, StringComparison.OrdinalIgnoreCase)
            ? "" : $"SameSite {Attributes.GetValueOrDefault("SameSite", "missing")}",
        Attributes.ContainsKey("Partitioned") == partitioned ? "" : partitioned ? "not Partitioned" : "Partitioned",
        Attributes.GetValueOrDefault("Path") == path ? "" : $"Path {Attributes.GetValueOrDefault("Path", "missing")}",
        Attributes.ContainsKey("Domain") ? "a Domain" : "",
        int.TryParse(Attributes.GetValueOrDefault("Max-Age"), out var seconds) && seconds is > 0 and <= WeekInSeconds
            ? "" : $"Max-Age {Attributes.GetValueOrDefault("Max-Age", "missing")}",
    }.Where(fault => fault.Length > 0));

    private static SetCookie Read(string text)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries);
        var pair = parts[0].Split('=', 2);
        return new(pair[0], pair.ElementAtOrDefault(1) ?? "", parts.Skip(1).Select(part => part.Split('=', 2))
            .GroupBy(part => part[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(of => of.Key, of => of.Last().ElementAtOrDefault(1) ?? "", StringComparer.OrdinalIgnoreCase));
    }
}
