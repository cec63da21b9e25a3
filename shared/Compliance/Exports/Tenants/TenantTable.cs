namespace Portal.Compliance.Exports.Tenants;

/// <summary>A table as a tenant's export has it: a file of the same name, a row a line. What is read and what is restored follow from this
/// alone; a test compares with the database, so that no column is forgotten.</summary>
/// <param name="Order">What its rows are ordered by: rows come after those that they point to.</param>
/// <param name="Text">The fields, one a line, each a column: <c>name: meaning</c>, or <c>name</c> where <see cref="Usual"/> knows.</param>
public sealed record TenantTable(string Name, string About, string Order, string Text)
{
    private static readonly Dictionary<string, string> Usual = new(StringComparer.Ordinal)
    {
        ["accepted_by"] = "which person accepted it",
        ["asset_id"] = "of which video",
        ["asset_version_id"] = "of which version of the video",
        ["attempt"] = "which try it was",
        ["comment_id"] = "of which comment",
        ["created_at"] = "when it was made",
        ["created_by"] = "which person made it",
        ["description"] = "in their words",
        ["due_on"] = "until which day",
        ["email"] = "e-mail address",
        ["event_type"] = "kind of event",
        ["expires_at"] = "until when",
        ["failure_code"] = "why it failed, as a word",
        ["failure_reason"] = "why it failed",
        ["id"] = "identifies the record in the portal",
        ["kind"] = "whom it is about: person, guest, tenant; a hold also project or asset",
        ["metric"] = "what was counted",
        ["name"] = "what it is called",
        ["notice_version"] = "which privacy notice was shown",
        ["occurred_at"] = "when it happened",
        ["project_id"] = "of which project",
        ["requested_at"] = "when it was asked for",
        ["requested_by"] = "which person asked for it",
        ["reason"] = "why",
        ["role"] = "admin, agency, client or compliance",
        ["share_link_id"] = "of which share link",
        ["starts_on"] = "from which day",
        ["status"] = "how far it is",
        ["subject_id"] = "which one it is about",
        ["task_id"] = "of which task",
        ["template_id"] = "of which milestone template",
        ["title"] = "what it is called",
        ["updated_at"] = "when it was last changed",
        ["user_id"] = "of which person",
        ["vendor"] = "which one",
        ["version"] = "how often it was changed",
        ["viewer_id"] = "of which viewer of a share link",
        ["viewer_ids"] = "of a guest: viewers of share links that are theirs",
    };

    public IReadOnlyList<(string Name, string Meaning)> Fields { get; } = [.. Lines(Text).Select(Field)];

    /// <summary>Columns that are in no file: <c>names: reason</c>, one reason a line.</summary>
    public string Omits { get; init; } = "";

    /// <summary>What a column becomes when it is restored, where that is not what the file says: <c>column = expression</c>, one a line.
    /// The row of the file is <c>r</c>.</summary>
    public string Becomes { get; init; } = "";

    /// <summary>How the rows come back, in words, where it is not as they were.</summary>
    public string? Note { get; init; }

    /// <summary>False: it is there to be read, and comes back nowhere.</summary>
    public bool IsRestored { get; init; } = true;

    public string File => $"{Name}.ndjson";

    public IReadOnlyList<string> OmittedColumns => [.. Lines(Omits).SelectMany(line => line.Split(": ")[0].Split(", "))];

    /// <summary>Expressions by column.</summary>
    public IReadOnlyDictionary<string, string> Restored => Lines(Becomes).Select(line => line.Split(" = ", 2))
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    internal static IEnumerable<string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static (string Name, string Meaning) Field(string line) => line.Split(": ", 2) switch
    {
        [var name, var meaning] => (name, meaning),
        [var name, ..] => (name, Usual[name]),
        [] => throw new ArgumentException("A line is empty.", nameof(line)),
    };
}
