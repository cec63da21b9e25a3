namespace Portal.Foundation.Db;

/// <summary>
/// Whether both database roles answer. Anybody may ask, so however many do, the database is asked once a second at most: the others get
/// what the last one heard.
/// </summary>
public sealed class ReadinessQuery(PortalDataSources sources, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim asking = new(1, 1);
    private DateTimeOffset askedAt = DateTimeOffset.MinValue;
    private Exception? fault;

    /// <summary>Why not; null when all is well.</summary>
    /// <param name="ct">Whoever asks leaves; the question goes on for the others.</param>
    public async Task<Exception?> FindFaultAsync(CancellationToken ct)
    {
        await asking.WaitAsync(ct);
        try
        {
            if (clock.GetUtcNow() - askedAt >= Fresh)
            {
                fault = await AskAsync();
                askedAt = clock.GetUtcNow();
            }

            return fault;
        }
        finally
        {
            asking.Release();
        }
    }

    public void Dispose() => asking.Dispose();

    private async Task<Exception?> AskAsync()
    {
        try
        {
            await using var app = sources.App.CreateCommand("select 1 from portal.tenants limit 0");
            await app.ExecuteNonQueryAsync();
            await using var system = sources.System.CreateCommand("select 1 from portal.upload_jobs limit 0");
            await system.ExecuteNonQueryAsync();
            return null;
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException or InvalidOperationException)
        {
            return e;
        }
    }
}
