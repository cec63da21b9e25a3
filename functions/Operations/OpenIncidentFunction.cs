using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>A breach of security, as an Operator tells of it.</summary>
public sealed record OpenIncidentInput : IChecked
{
    [OneOf(IncidentKind.Security), About("All other kinds are opened by what they are about.")]
    public required string Kind { get; init; }

    [Text(Longest), About("For PagerDuty too, which is overseas: no names, no titles.", Example = "\"A routing key was published\"")]
    public required string Summary { get; init; }

    [OneOf(typeof(AlertSeverity))]
    public required string Severity { get; init; }

    [About("When somebody found it, up to 90 days ago.", Example = "\"2026-01-02T03:00:00Z\"")]
    public required DateTimeOffset DiscoveredAt { get; init; }

    internal const int Longest = 500;

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (!OpenSecurityIncident.IsDiscovery(DiscoveredAt, now))
        {
            faults.Add("discoveredAt", "range", "must not be in the future, nor longer than 90 days ago.");
        }
    }
}

public sealed class OpenIncidentFunction(OpenSecurityIncident open, TimeProvider clock)
{
    [Function("OpenIncident")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Open a security incident", Takes = typeof(OpenIncidentInput), Returns = typeof(IncidentJson), Status = 201,
        AlsoStatus = 200,
        Details = "PagerDuty is told at once, by the service for security where there is one; secondsToPage says how long that took from "
            + "discoveredAt, which ought to be 900 at the most. The same again while it is not resolved is the same incident (200).")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/incidents")] HttpRequest request, CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<OpenIncidentInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var (incident, opened) = await open.RunAsync(
            request.HttpContext.Operator(), new(input.Summary, input.Severity, input.DiscoveredAt), ct);
        var body = IncidentJson.From(incident);
        return opened ? Reply.Created($"/api/ops/incidents/{incident.Id}", body, incident.Version) : Reply.Ok(body, incident.Version);
    }
}
