using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;

namespace Portal.Functions.Durable;

/// <summary>How every activity runs: what it says is logged with the ids of what it works on, and a database that is away is a reason to
/// try again.</summary>
internal static partial class ActivityStep
{
    /// <param name="about">Ids that every line of the step carries.</param>
    /// <exception cref="TransientException">The database is away.</exception>
    public static async Task<T> RunAsync<T>(ILogger logger, IReadOnlyDictionary<string, object> about, string step, Func<Task<T>> run)
    {
        using var scope = logger.BeginScope(about);
        try
        {
            var result = await run();
            Done(logger, step, result);
            return result;
        }
        catch (Exception e) when (PostgresFault.IsPassing(e))
        {
            throw new TransientException($"The database is away: {e.Message}", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Step} → {Result}")]
    private static partial void Done(ILogger logger, string step, object? result);
}
