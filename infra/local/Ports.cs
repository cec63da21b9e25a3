using System.Net;
using System.Net.Sockets;

namespace Portal.Local;

/// <summary>Loopback ports. What is free now may be taken a moment later: whoever listens says so in the end.</summary>
internal static class Ports
{
    private const int Highest = 65535;

    /// <summary>The port asked for, or a free one for 0: the app's settings need its number before it listens.</summary>
    /// <exception cref="LauncherException">Somebody listens there.</exception>
    public static int ForApp(int port)
    {
        if (port == 0)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        return Try(port) switch
        {
            null => port,
            SocketError.AddressAlreadyInUse => throw new LauncherException(
                $"Port {port} is in use. Stop what listens there, or choose another with --port (0 takes any free one)."),
            var error => throw new LauncherException($"Port {port} cannot be used ({error}). Choose another with --port."),
        };
    }

    /// <summary>The wanted port if it is free, else 0: an address that is the same at every start is nice to have, no more.</summary>
    public static int Prefer(int port) => port <= Highest && Try(port) is null ? port : 0;

    private static SocketError? Try(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
