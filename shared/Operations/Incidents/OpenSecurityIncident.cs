using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Operations.Incidents;

/// <summary>A breach of security, as somebody found it.</summary>
public sealed record SecurityBreach(string Summary, string Severity, DateTimeOffset DiscoveredAt)
{
    /// <summary>Postgres keeps microseconds. The same words of the same discovery are one incident: a form that was sent twice.</summary>
    internal string Key => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{DiscoveredAt.UtcTicks / TimeSpan.TicksPerMicrosecond}\n{Summary}"))).AsSpan(0, 16));
}

/// <summary>
/// An Operator reports a breach of security: an incident, which pages the service for security at once. On-call is to be told of it
/// within <see cref="ToldWithin"/> of its discovery; the timeline has a line when it took longer.
/// </summary>
public sealed class OpenSecurityIncident(PortalDb db, IncidentStore incidents)
{
    public static readonly TimeSpan ToldWithin = TimeSpan.FromMinutes(15);

    /// <summary>What is older is nobody's emergency, or a wrong year.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromDays(90);

    /// <summary>Whether it can have been discovered then.</summary>
    public static bool IsDiscovery(DateTimeOffset at, DateTimeOffset now) => at <= now && now - at <= Oldest;

    /// <returns>The incident, and whether this opened it.</returns>
    public Task<(Incident Incident, bool New)> RunAsync(Operator person, SecurityBreach breach, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var incident = await incidents.OpenAsync(
                tx, new(IncidentKind.Security, breach.Key, breach.Severity, breach.Summary) { DiscoveredAt = breach.DiscoveredAt },
                Actor.From(person));
            return (incident, incident.Times == 1);
        }, ct);
}
