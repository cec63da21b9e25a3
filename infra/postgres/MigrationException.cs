namespace Portal.Postgres;

/// <summary>The schema was not changed, or not further. The message is for people: which file, why, what to do.</summary>
public sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);
