using System.Net;
using System.Net.Sockets;

namespace Portal.Host;

/// <summary>Ports that have to be known before what listens on them starts. Somebody else may be faster: who listens says so in the
/// end.</summary>
internal static class Ports
{
    /// <summary>So many free ports on 127.0.0.1, no two alike.</summary>
    public static int[] Free(int count)
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
}
