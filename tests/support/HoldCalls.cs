using System.Globalization;

namespace Portal.Tests.Support;

/// <summary>Legal holds, through the front door.</summary>
public static class HoldCalls
{
    /// <param name="person">Who places it.</param>
    /// <param name="subject">Null: the tenant.</param>
    /// <param name="days">Until it is to be reviewed.</param>
    public static async Task<Guid> PlaceHoldAsync(
        this TestPortal portal, string person, string kind, Guid? subject = null, int days = 90) =>
        (await portal.As(person).PostAsync("/api/holds", new
        {
            kind,
            subjectId = subject,
            reason = "A dispute",
            reviewOn = portal.Clock.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        })).Expect(201).Id;
}
