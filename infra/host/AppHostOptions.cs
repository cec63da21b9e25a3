using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Portal.Host;

/// <summary>What an <see cref="AppHost"/> is started with.</summary>
public sealed record AppHostOptions
{
    /// <summary>The published app's assembly, with <c>host.json</c> beside it.</summary>
    public required string App { get; init; }

    /// <summary>App settings, given to the worker as environment variables. Keys of the host's own routes are read from them
    /// too.</summary>
    public required IReadOnlyDictionary<string, string?> Settings { get; init; }

    /// <summary>Connection string of the storage account that keeps orchestrations, for example a running
    /// <see cref="Azurite"/>'s.</summary>
    public required string Storage { get; init; }

    /// <summary>Port on 127.0.0.1; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>False leaves timers to <c>POST /admin/functions/{name}</c>.</summary>
    public bool TimersEnabled { get; init; } = true;

    /// <summary>
    /// How long a message that was being worked on when the host was killed stays out of sight. Azure Storage's own default of five
    /// minutes is right where hosts seldom die.
    /// </summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }

    /// <summary>What is answered at <c>/</c>; null: what the Functions host answers there.</summary>
    public RequestDelegate? HomePage { get; init; }
}
