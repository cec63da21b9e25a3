using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>A request as text; the connection adds what every request has.</summary>
public sealed record Ask(string Method, string Path, string? Session = null, string? Body = null, string? Headers = null);

/// <summary>
/// Speaks HTTP/1.1 over one connection with hardly any work of its own: app, Postgres and this program share the machine, and what a full
/// client costs would count as the app's.
/// </summary>
public sealed class HttpWorker(TcpClient tcp, Func<Ask> next) : IWorker
{
    private readonly byte[] buffer = new byte[256 * 1024];

    public static async Task<IWorker> OpenAsync(int port, Func<Ask> next)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", port);
        return new HttpWorker(tcp, next);
    }

    public async Task<string?> OnceAsync()
    {
        var ask = next();
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Text(ask)));
        var (status, text) = await ReadAsync(stream);
        return status is >= 200 and < 300 ? null : $"{ask.Method} {ask.Path} answered {status}: {text}";
    }

    public ValueTask DisposeAsync()
    {
        tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Text(Ask ask)
    {
        var text = new StringBuilder(1024);
        text.Append(ask.Method).Append(' ').Append(ask.Path).Append(" HTTP/1.1\r\nHost: portal\r\n").Append(ask.Headers);
        if (ask.Session is not null)
        {
            text.Append("Authorization: Bearer ").Append(ask.Session).Append("\r\n");
        }

        if (ask.Body is not null)
        {
            text.Append("Content-Type: application/json\r\nContent-Length: ").Append(
                ask.Body.Length.ToString(CultureInfo.InvariantCulture)).Append("\r\n");
        }

        return text.Append("\r\n").Append(ask.Body).ToString();
    }

    private async Task<(int Status, string Text)> ReadAsync(NetworkStream stream)
    {
        var have = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(have));
            if (read == 0)
            {
                throw new IOException("The app closed the connection.");
            }

            have += read;
            if (IsWhole(buffer.AsSpan(0, have)))
            {
                var status = int.Parse(Encoding.ASCII.GetString(buffer, 9, 3), CultureInfo.InvariantCulture);
                return (status, status < 300 ? "" : Encoding.UTF8.GetString(buffer, 0, have));
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var head = answer[..end];
        var at = head.IndexOf("Content-Length: "u8);
        if (at >= 0)
        {
            var digits = head[(at + 16)..];
            var stop = digits.IndexOf((byte)'\r');
            var length = int.Parse(stop < 0 ? digits : digits[..stop], CultureInfo.InvariantCulture);
            return answer.Length >= end + 4 + length;
        }

        return head.IndexOf("chunked"u8) < 0 || answer.EndsWith("0\r\n\r\n"u8);
    }
}
