using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Portal.Operations.Alerts;

/// <summary>Reads when the certificate of a host runs out, as a browser would see it. One that browsers refuse has an end too.</summary>
public static class CertificateEnds
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Null: the host could not be asked.</summary>
    public static async Task<DateTimeOffset?> ReadAsync(Uri host, CancellationToken ct)
    {
        DateTimeOffset? end = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host.Host, host.Port, patience.Token);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host.Host,
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    {
                        end = certificate is X509Certificate2 { NotAfter: var notAfter } ? notAfter.ToUniversalTime() : null;
                        return errors == SslPolicyErrors.None;
                    },
                }, patience.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
        }

        return end;
    }
}
