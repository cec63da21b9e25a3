using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Portal.Foundation.Http;

/// <summary>
/// The client's address. Before any function runs, ASP.NET has put into the connection's address what the host says of its caller, and
/// on Azure nothing of <c>X-Forwarded-For</c> is left: what a client claims there is gone. A proxy in front of the app is therefore the
/// caller of every request, unless it passes the client's address on in a header of its own and the setting names that header.
/// </summary>
public sealed class ClientAddresses(IOptions<HttpOptions> options)
{
    private const int NetworkBytes = 8;

    /// <summary>The header to give to <see cref="Of"/>; null when no proxy is in front.</summary>
    public string? Header { get; } = options.Value.ClientAddressHeader is { Length: > 0 } header ? header : null;

    /// <summary>
    /// The address as a text to tell clients apart by. Of IPv6 only the network of 64 bits, which is what one household or server gets:
    /// whoever has it has all the addresses in it.
    /// </summary>
    /// <param name="peer">The connection's address.</param>
    /// <param name="told">What the proxy's header says; an address with or without a port, anything else is no answer.</param>
    public string? Of(IPAddress? peer, string? told)
    {
        var address = Plain((Header is null ? null : Read(told)) ?? peer);
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6 })
        {
            return address?.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private static IPAddress? Read(string? text) =>
        IPAddress.TryParse(text, out var address) ? address : IPEndPoint.TryParse(text ?? "", out var endPoint) ? endPoint.Address : null;

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
