using System.Globalization;
using Portal.Foundation.Paging;

namespace Portal.Events.Changes;

/// <summary>
/// A place among a tenant's changes: behind it comes what is told later, whenever it was written. Its first number decides when an event
/// may be told (<c>portal.place_event</c>), its second stands among those of the same.
/// </summary>
public readonly record struct ChangePosition(long SafeFrom, long Seq)
{
    /// <summary>Behind all that could be told at that horizon.</summary>
    public static ChangePosition Behind(long horizon) => new(horizon, long.MaxValue);

    /// <summary>As a cursor carries it.</summary>
    public Position Key => new(string.Create(CultureInfo.InvariantCulture, $"{SafeFrom}:{Seq}"), Guid.Empty);

    public static ChangePosition Of(Position cursor)
    {
        var numbers = cursor.Key.Split(':');
        return new(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
