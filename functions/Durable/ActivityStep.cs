using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Telemetry;

namespace Portal.Functions.Durable;

/// <summary>How every activity runs: what it says is logged with the ids of what it works on, and a database that is away is a reason to
/// try again.</summary>
internal static partial class ActivityStep
{
    /// <param name="work">What it is a step of: upload job, delivery, erasure, export. The id of its trace.</param>
    /// <param name="about">Ids that every line of the step and its span carry.</param>
    /// <exception cref="TransientException">The database is away.</exception>
    public static async Task<T> RunAsync<T>(
        ILogger logger, Guid work, IReadOnlyDictionary<string, object> about, string step, Func<Task<T>> run)
    {
        using var scope = logger.BeginScope(about);
        using var span = Begin(step, work, about);
        try
        {
            var result = await run();
            Done(logger, step, result);
            return result;
        }
        catch (Exception e) when (PostgresFault.IsPassing(e))
        {
            span?.SetStatus(ActivityStatusCode.Error, "the database is away");
            throw new TransientException($"The database is away: {e.Message}", e);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }
    }

    private static Activity? Begin(string step, Guid work, IReadOnlyDictionary<string, object> about)
    {
        var span = PortalTrace.Step(step, work);
        if (span is not null)
        {
            foreach (var (name, value) in about)
            {
                span.SetTag($"portal.{JsonNamingPolicy.SnakeCaseLower.ConvertName(name)}", value.ToString());
            }
        }

        return span;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Step} → {Result}")]
    private static partial void Done(ILogger logger, string step, object? result);
}
