namespace Portal.Foundation.Db;

/// <summary>Settings of the database: one connection string per role, so that each can be a login of its own.</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>Runs as <c>portal_app</c>. May go through a transaction pooler.</summary>
    public string App { get; set; } = "";

    /// <summary>Runs as <c>portal_system</c>. May go through a transaction pooler.</summary>
    public string System { get; set; } = "";
}
