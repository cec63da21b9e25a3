using System.Globalization;

namespace Portal.Foundation.Alerts;

/// <summary>Something that runs out on a day.</summary>
public sealed record Expiring(string Name, DateOnly On);

/// <summary>Settings of what monitoring tells us.</summary>
public sealed class AlertsOptions
{
    public const string Section = "Alerts";

    /// <summary>The secret that monitoring signs <c>/api/webhooks/alerts</c> with, 24 characters or more.</summary>
    public string WebhookSecret { get; set; } = "";

    /// <summary>When keys and certificates run out that nobody renews by machine, <c>name=yyyy-MM-dd</c> separated by commas: no vendor
    /// tells us.</summary>
    public string Expiring { get; set; } = "";

    /// <summary>Null: it cannot be read.</summary>
    public IReadOnlyList<Expiring>? ExpiringThings()
    {
        var things = new List<Expiring>();
        foreach (var part in Expiring.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', StringSplitOptions.TrimEntries) is not [{ Length: > 0 and <= 100 } name, var day]
                || !DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var on))
            {
                return null;
            }

            things.Add(new(name, on));
        }

        return things;
    }
}
