using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portal.Runtime.Durable;

namespace Portal.Runtime;

/// <summary>What a <see cref="FunctionsHost"/> is started with.</summary>
public sealed class FunctionsHostOptions
{
    /// <summary>Folder of <c>host.json</c> and, if there is one, <c>local.settings.json</c>.</summary>
    public required string ContentRoot { get; init; }

    /// <summary>Where methods marked <c>[Function]</c> are looked for.</summary>
    public required Assembly Functions { get; init; }

    /// <summary>The app's own registrations and middleware: what <c>Program.cs</c> calls on Azure.</summary>
    public required Action<IFunctionsWorkerApplicationBuilder> ConfigureApp { get; init; }

    /// <summary>
    /// Connection string of the database that keeps orchestrations and timers (schemas <c>durable</c> and <c>runtime</c>, migrated by
    /// the runtime). A direct connection, not a transaction pooler.
    /// </summary>
    public required string DurableDatabase { get; init; }

    /// <summary>Connections to it that outlive the host (<see cref="DurableEngine.Connect"/>); null: the host opens its own.</summary>
    public NpgsqlDataSource? DurableConnections { get; init; }

    /// <summary>Port on 127.0.0.1; 0 takes any free one.</summary>
    public int Port { get; init; } = 7071;

    /// <summary>The clock of timers, orchestrations and the app; it replaces any <see cref="TimeProvider"/> the app registers.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>App settings over the environment over <c>local.settings.json</c>; <c>__</c> in a name means <c>:</c>.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>False leaves timers to <see cref="FunctionsHost.RunTimerAsync(string, CancellationToken)"/> and the admin route.</summary>
    public bool TimersEnabled { get; init; } = true;

    /// <summary>Applied after the runtime's own console logging, so it may clear that.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }

    /// <summary>What is answered at <c>/</c> where no function is; null: what the Functions host answers there.</summary>
    public RequestDelegate? HomePage { get; init; }

    /// <summary>Which classes of <see cref="Functions"/> count; null means all.</summary>
    public Func<Type, bool>? FunctionFilter { get; init; }

    /// <summary>How long a stop lets running invocations finish before their tokens are cancelled. Real time, whatever the
    /// clock.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After this long without a sign of life a process loses its orchestrations to the others (database clock); null: the engine's
    /// default. Short where processes are killed on purpose.
    /// </summary>
    public TimeSpan? DurableLease { get; init; }
}
