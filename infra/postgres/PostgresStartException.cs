namespace Portal.Postgres;

/// <summary>No Postgres could be had. The message is for people: what was tried, what to do.</summary>
public sealed class PostgresStartException(string message, Exception? inner = null) : Exception(message, inner);
