using Npgsql;

namespace Portal.Foundation.Db;

/// <summary>Recognises what Postgres says.</summary>
public static class PostgresFault
{
    /// <summary>The database is away or busy: the same work may succeed later.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        PostgresException p =>
            p.IsTransient || p.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        NpgsqlException => true,
        TimeoutException => true,
        _ => false,
    };
}
