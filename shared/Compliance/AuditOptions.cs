namespace Portal.Compliance;

/// <summary>Settings of the audit log's seals.</summary>
public sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>
    /// Keys by id (<c>Audit:Keys:a1</c>), each base64 of a PEM with an ECDSA key on P-256. The current one must be private; of earlier
    /// ones the public half is enough, and is needed as long as their seals are.
    /// </summary>
    public Dictionary<string, string> Keys { get; set; } = [];

    /// <summary>The id of the key for new seals.</summary>
    public string CurrentKey { get; set; } = "";
}
