using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Portal.LocalVendors;

/// <summary>What every local vendor server needs. State lives in the database, so servers of several processes may share it.</summary>
public abstract class LocalVendorOptions
{
    /// <summary>Connection string; the schema <c>vendors</c> is created there when missing (needs CREATE on the database).</summary>
    public required string Database { get; init; }

    /// <summary>The only clock: expiries, limits, encoding time, retries. Tests share one fake clock between all servers and the
    /// app.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes a signing key. Making one takes a tenth of a second and more: tests hand out keys that they made before.</summary>
    public Func<RSA> NewKey { get; init; } = () => RSA.Create(2048);

    /// <summary>Loopback port; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>Silent unless set.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}
