using Microsoft.Extensions.Logging;

namespace Portal.Host;

/// <summary>Which lines the host writes.</summary>
public static class HostLogging
{
    public static ILoggingBuilder AddHostLevels(this ILoggingBuilder logging) => logging.SetMinimumLevel(LogLevel.Information)
        // Paths carry share tokens; the server's own request log would put them into every line's scope.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning)
        .AddFilter("DurableTask", LogLevel.Warning).AddFilter("Azure", LogLevel.Warning);
}
