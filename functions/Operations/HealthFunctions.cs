using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Db;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations;

public sealed record HealthJson([OneOf("live", "ready")] string Status);

/// <summary>The process answers.</summary>
public sealed class LiveFunction
{
    [Function("HealthLive")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Liveness probe", Returns = typeof(HealthJson))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health/live")] HttpRequest request) =>
        Results.Ok(new HealthJson("live"));
}

/// <summary>It can do its work: both database roles answer. 503 otherwise, naming what is away.</summary>
public sealed partial class ReadyFunction(ReadinessQuery readiness, ILogger<ReadyFunction> logger)
{
    [Function("HealthReady")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Readiness probe", Returns = typeof(HealthJson),
        Details = "Both database roles answer. The answer is at most a second old, however many ask.")]
    [Refuses(503, "not-ready", "The database does not answer, or a role may do more than it should.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health/ready")] HttpRequest request, CancellationToken ct)
    {
        if (await readiness.FindFaultAsync(ct) is not { } fault)
        {
            return Results.Ok(new HealthJson("ready"));
        }

        Log.NotReady(logger, fault);
        return new Problem(503, "not-ready", "Not ready", "The database does not answer.", retryAfter: 5);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Not ready")]
        public static partial void NotReady(ILogger logger, Exception e);
    }
}
