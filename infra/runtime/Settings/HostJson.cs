using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Settings;

/// <summary>
/// What the runtime honours of <c>host.json</c>. As on Azure, a setting <c>AzureFunctionsJobHost__a__b</c> overrides <c>a.b</c>, which
/// is how on-call raises a log level without editing a file.
/// </summary>
internal sealed record HostJson
{
    public string RoutePrefix { get; private init; } = "api";

    /// <summary>Null means no limit.</summary>
    public int? MaxConcurrentRequests { get; private init; }

    /// <summary>Running plus queued; null means no limit.</summary>
    public int? MaxOutstandingRequests { get; private init; }

    public string HubName { get; private init; } = "TestHubName";

    public int? MaxConcurrentActivities { get; private init; }

    public int? MaxConcurrentOrchestrators { get; private init; }

    /// <summary>How long one run may take; null means no limit.</summary>
    public TimeSpan? FunctionTimeout { get; private init; } = TimeSpan.FromMinutes(30);

    /// <summary>Category (or <c>default</c>) to level.</summary>
    public IReadOnlyDictionary<string, LogLevel> LogLevels { get; private init; } = new Dictionary<string, LogLevel>();

    public static HostJson Load(string contentRoot, IConfiguration settings, List<string> faults)
    {
        var path = Path.GetFullPath(Path.Combine(contentRoot, "host.json"));
        if (!File.Exists(path))
        {
            faults.Add($"{path} is missing; the Functions host needs it beside the app.");
            return new HostJson();
        }

        try
        {
            using var file = File.OpenRead(path);
            var host = new ConfigurationBuilder()
                .AddJsonStream(file)
                .AddInMemoryCollection(settings.GetSection("AzureFunctionsJobHost").AsEnumerable(makePathsRelative: true))
                .Build();
            return Read(host, faults);
        }
        catch (Exception unreadable) when (unreadable is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            faults.Add($"{path} is not valid: {(unreadable.InnerException ?? unreadable).Message}");
            return new HostJson();
        }
    }

    private static HostJson Read(IConfigurationRoot host, List<string> faults)
    {
        if (host["version"] != "2.0")
        {
            faults.Add("host.json must say \"version\": \"2.0\".");
        }

        var http = host.GetSection("extensions:http");
        var durable = host.GetSection("extensions:durableTask");
        return new HostJson
        {
            RoutePrefix = (http["routePrefix"] ?? "api").Trim('/'),
            MaxConcurrentRequests = Limit(http, "maxConcurrentRequests", faults),
            MaxOutstandingRequests = Limit(http, "maxOutstandingRequests", faults),
            HubName = durable["hubName"] ?? "TestHubName",
            MaxConcurrentActivities = Limit(durable, "maxConcurrentActivityFunctions", faults),
            MaxConcurrentOrchestrators = Limit(durable, "maxConcurrentOrchestratorFunctions", faults),
            FunctionTimeout = Timeout(host["functionTimeout"], faults),
            LogLevels = Levels(host.GetSection("logging:logLevel"), faults),
        };
    }

    // Half an hour unless said otherwise, as on Flex Consumption; -1 (which reads as a day before now) is no limit.
    private static TimeSpan? Timeout(string? text, List<string> faults)
    {
        var timeout = TimeSpan.FromMinutes(30);
        if (text is null || (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out timeout) && timeout >= TimeSpan.FromSeconds(1)))
        {
            return timeout;
        }

        if (timeout != TimeSpan.FromDays(-1))
        {
            faults.Add($"host.json: functionTimeout must be a time span of a second or more (00:10:00) or -1, not '{text}'.");
        }

        return null;
    }

    // -1 is the host's spelling of "no limit".
    private static int? Limit(IConfigurationSection section, string name, List<string> faults)
    {
        if (section[name] is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) && limit is -1 or > 0)
        {
            return limit == -1 ? null : limit;
        }

        faults.Add($"host.json: {section.Path.Replace(':', '.')}.{name} must be a positive number or -1, not '{text}'.");
        return null;
    }

    // A category may contain dots but no colons, so one level of children is all there is.
    private static Dictionary<string, LogLevel> Levels(IConfigurationSection section, List<string> faults)
    {
        var levels = new Dictionary<string, LogLevel>(StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (Enum.TryParse<LogLevel>(child.Value, ignoreCase: true, out var level))
            {
                levels[child.Key] = level;
            }
            else
            {
                faults.Add($"host.json: logging.logLevel.{child.Key} is no log level: '{child.Value}'.");
            }
        }

        return levels;
    }
}
