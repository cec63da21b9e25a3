using Portal.Foundation.Audit;
using Portal.Foundation.Identity;

namespace Portal.Operations.Incidents;

/// <summary>Who acknowledges or resolves an incident.</summary>
/// <param name="Name">As its row says it; null: nobody, its cause is gone.</param>
/// <param name="IsPagerDuty">It comes from PagerDuty, which need not be told.</param>
public sealed record IncidentMover(Actor Actor, string? Name, bool IsPagerDuty = false)
{
    public static IncidentMover Of(Operator person) => new(Actor.From(person), person.ClerkUserId);
}
