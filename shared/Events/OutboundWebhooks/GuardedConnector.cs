using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Portal.Events.OutboundWebhooks;

/// <summary>The host is no host of the public internet: nothing was sent.</summary>
public sealed class AddressRefusedException(string message) : IOException(message);

/// <summary>What a name stands for at this moment.</summary>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken ct);

/// <summary>Opens a connection to exactly that address.</summary>
public delegate Task<Stream> DialAddress(IPEndPoint to, CancellationToken ct);

/// <summary>
/// Opens connections for outbound webhooks, and none into our own network: the name is resolved once, every address of it must be public,
/// and those very addresses are dialled. A name that stands for something else a moment later changes nothing.
/// </summary>
public sealed class GuardedConnector(IOptions<OutboundWebhookOptions> options, ResolveHost resolve, DialAddress dial)
{
    public GuardedConnector(IOptions<OutboundWebhookOptions> options)
        : this(options, Dns.GetHostAddressesAsync, DialAsync)
    {
    }

    public async ValueTask<Stream> ConnectAsync(DnsEndPoint to, CancellationToken ct)
    {
        var addresses = IPAddress.TryParse(to.Host.Trim('[', ']'), out var literal) ? [literal] : await resolve(to.Host, ct);
        if (addresses.Length == 0)
        {
            throw new AddressRefusedException("The host has no address.");
        }

        // One that is not public among them, and none is dialled: whoever answers so tries something.
        if (!Array.TrueForAll(addresses, IsAllowed))
        {
            throw new AddressRefusedException("The host is not on the public internet.");
        }

        for (var i = 0; ; i++)
        {
            try
            {
                return await dial(new IPEndPoint(addresses[i], to.Port), ct);
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                // The next of its addresses, as every client does.
            }
        }
    }

    private bool IsAllowed(IPAddress address) =>
        PublicAddresses.Contains(address) || (options.Value.AllowLoopback && IPAddress.IsLoopback(address));

    private static async Task<Stream> DialAsync(IPEndPoint to, CancellationToken ct)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
