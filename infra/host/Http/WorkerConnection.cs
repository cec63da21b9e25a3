using System.Net.Sockets;

namespace Portal.Host.Http;

/// <summary>Connects to a worker's web server, which the worker announces before it listens: a refusal soon after is no answer
/// yet.</summary>
internal static class WorkerConnection
{
    private const int MaxAttempts = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused && attempt < MaxAttempts)
            {
                socket.Dispose();
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
