using Npgsql;

namespace Portal.Db;

/// <summary>Recognises what Postgres says.</summary>
public static class PostgresFault
{
    /// <summary>A unique constraint refused the row: usually somebody did the same a moment before.</summary>
    public static bool IsDuplicate(PostgresException e, string constraint) =>
        e.SqlState == PostgresErrorCodes.UniqueViolation && e.ConstraintName == constraint;

    /// <summary>The database is away or busy: the same work may succeed later.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        PostgresException p => p.IsTransient || p.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        NpgsqlException => true,
        TimeoutException => true,
        _ => false,
    };
}
