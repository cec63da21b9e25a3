using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portal.Tests.Unit.Infra.Packages;

/// <summary>
/// A raw HTTP/1.1 listener: it keeps every request as it came over the wire, and answers with the next of the texts it was
/// given (the last one again and again). An answer of null means silence until the caller gives up.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;
    private readonly Queue<string?> answers;
    private readonly List<string> requests = [];
    private readonly TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LoopbackServer(params string?[] answers)
    {
        this.answers = new Queue<string?>(answers);
        listener.Start();
        serving = ServeAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Completes when the first request has been read to its end.</summary>
    public Task Arrived => arrived.Task;

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>An address where nobody listens.</summary>
    public static string Refusing()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
    }

    public static string Answer(int status, string body, string contentType = "application/json", params string[] headers) =>
        $"HTTP/1.1 {status} X\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: "
            + "close\r\n"
        + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n" + body;

    public async ValueTask DisposeAsync()
    {
        // Ended first: a listener that is gone while it is asked for the next client throws what nobody expects.
        await stop.CancelAsync();
        await serving;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await using var stream = client.GetStream();
                await ConverseAsync(stream);
            }
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or ObjectDisposedException or SocketException or IOException)
        {
            // Stopped, or the caller hung up; a test that still waits for an answer fails by its own assertion.
            arrived.TrySetResult();
        }
    }

    private async Task ConverseAsync(NetworkStream stream)
    {
        var request = await ReadRequestAsync(stream);
        lock (requests)
        {
            requests.Add(request);
        }

        arrived.TrySetResult();
        var answer = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
        if (answer is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer!), stop.Token);
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[8192];
        while (!IsComplete(text.ToString()))
        {
            var count = await stream.ReadAsync(buffer, stop.Token);
            if (count == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private static bool IsComplete(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        const string Length = "Content-Length: ";
        var head = text[..end];
        var body = text[(end + 4)..];
        if (head.IndexOf(Length, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
        {
            return Encoding.UTF8.GetByteCount(body) >= int.Parse(
                head[(at + Length.Length)..].Split("\r\n")[0], CultureInfo.InvariantCulture);
        }

        var chunked = head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        return !chunked || body.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
    }
}
