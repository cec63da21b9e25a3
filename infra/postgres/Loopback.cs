using System.Net;
using System.Net.Sockets;

namespace Portal.Postgres;

/// <summary>Ports on 127.0.0.1 that have to be known before what listens on them starts. Somebody else may be faster: who listens says
/// so in the end.</summary>
public static class Loopback
{
    /// <summary>So many free ports, no two alike.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    public static int FreePort() => FreePorts(1)[0];

    /// <summary>Why the port cannot be had, or null.</summary>
    public static SocketError? Try(int port)
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
