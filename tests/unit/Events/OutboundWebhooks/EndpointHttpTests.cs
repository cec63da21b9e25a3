using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Events.OutboundWebhooks;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Events.OutboundWebhooks;

/// <summary>The real client against names and addresses that lead inside, and against receivers that misbehave.</summary>
public sealed class EndpointHttpTests : IDisposable
{
    private static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");
    private readonly List<IPEndPoint> dialled = [];
    private readonly TcpListener inside = new(IPAddress.Loopback, 0);
    private string sent = "";

    public EndpointHttpTests() => inside.Start();

    private int Port => ((IPEndPoint)inside.LocalEndpoint).Port;

    public void Dispose()
    {
        inside.Stop();
        inside.Dispose();
    }

    [Theory]
    [InlineData("https://127.0.0.1:{0}/")]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://127.1:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://0x7f000001:{0}/")]
    [InlineData("http://0177.0.0.1:{0}/")]
    [InlineData("http://0:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://[::127.0.0.1]:{0}/")]
    [InlineData("http://[64:ff9b::7f00:1]:{0}/")]
    [InlineData("http://①②⑦.0.0.1:{0}/")]
    [InlineData("http://127。0。0。1:{0}/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://168.63.129.16/metadata")]
    [InlineData("http://10.0.0.1/")]
    public async Task An_address_inside_is_not_dialled(string url)
    {
        using var http = Client([Public]);
        var answer = await http.PostAsync(new Uri(string.Format(null, url, Port)), "{}", [], default);

        Assert.Equal((null, "The host is not on the public internet."), (answer.Status, answer.Error));
        Assert.Empty(dialled);
        Assert.False(inside.Pending());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("192.168.1.10")]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("93.184.216.34,10.0.0.1")]
    [InlineData("10.0.0.1,93.184.216.34")]
    [InlineData("2606:4700::1,fd00::1")]
    public async Task A_name_that_stands_for_one_is_not_dialled_at_all(string addresses)
    {
        using var http = Client([.. addresses.Split(',').Select(IPAddress.Parse)]);
        var answer = await http.PostAsync(new Uri("https://hooks.example.com/"), "{}", [], default);

        Assert.Equal("The host is not on the public internet.", answer.Error);
        Assert.Empty(dialled);
    }

    [Fact]
    public async Task A_name_that_changes_after_it_was_checked_changes_nothing()
    {
        var asked = 0;
        using var http = Client(_ => Task.FromResult<IPAddress[]>([asked++ == 0 ? Public : IPAddress.Loopback]));

        Assert.Equal("cannot be reached", (await http.PostAsync(new Uri("http://hooks.example.com/"), "{}", [], default)).Error);
        Assert.Equal([new IPEndPoint(Public, 80)], dialled);
        Assert.Equal(1, asked);

        // The next connection asks again, and is refused.
        Assert.Equal(
            "The host is not on the public internet.",
            (await http.PostAsync(new Uri("http://hooks.example.com/"), "{}", [], default)).Error);
        Assert.Single(dialled);
        Assert.False(inside.Pending());
    }

    [Fact]
    public async Task Every_public_address_of_a_name_is_tried_and_a_name_without_one_is_refused()
    {
        using var two = Client([Public, IPAddress.Parse("8.8.8.8")]);
        Assert.Equal("cannot be reached", (await two.PostAsync(new Uri("https://hooks.example.com/"), "{}", [], default)).Error);
        Assert.Equal([Public, IPAddress.Parse("8.8.8.8")], dialled.Select(to => to.Address));

        using var none = Client([]);
        Assert.Equal("The host has no address.", (await none.PostAsync(new Uri("https://hooks.example.com/"), "{}", [], default)).Error);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        var answer = await AskAsync($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{Port}/inside\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal((302, "answered 302: redirects are not followed"), (answer.Status, answer.Error));
        Assert.False(inside.Pending());
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(204, null)]
    [InlineData(299, null)]
    [InlineData(300, "answered 300: redirects are not followed")]
    [InlineData(399, "answered 399: redirects are not followed")]
    [InlineData(400, "answered 400")]
    [InlineData(410, "answered 410")]
    [InlineData(500, "answered 500")]
    public async Task Two_hundred_and_something_is_success(int status, string? error)
    {
        var answer = await AskAsync($"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal((status, error, status == 410), (answer.Status, answer.Error, answer.IsGone));
    }

    [Fact]
    public async Task An_event_is_posted_as_JSON_under_our_name_with_its_headers_and_no_cookie_comes_back()
    {
        await AskAsync("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", times: 2);
        var lines = sent.Split("\r\n");
        Assert.Equal("POST / HTTP/1.1", lines[0]);
        Assert.Equal("{}", lines[^1]);
        Assert.All(
            (string[])
            [
                "Host: hooks.example.com", "User-Agent: MotionMavericks-Webhooks/1", "Content-Type: application/json", "webhook-id: 1",
            ],
            line => Assert.Contains(line, lines));
        Assert.DoesNotContain("Cookie", sent, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_leaves_while_it_answers_hears_that_and_not_that_it_was_taken()
    {
        using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ct: leave.Token));
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_said_to_be_that()
    {
        using var http = Client(_ => throw new SocketException((int)SocketError.HostNotFound));
        var answer = await http.PostAsync(new Uri("https://hooks.example.com/"), "{}", [], default);
        Assert.Equal((null, "the name of the host cannot be resolved", ""), (answer.Status, answer.Error, answer.Body));
    }

    [Fact]
    public async Task When_no_address_can_be_reached_the_last_one_says_why()
    {
        var connector = new GuardedConnector(
            Options.Create(new OutboundWebhookOptions()), (_, _) => Task.FromResult<IPAddress[]>([Public, Public]),
            (_, _) => throw new SocketException((int)SocketError.HostUnreachable));
        await Assert.ThrowsAsync<SocketException>(
            async () => await connector.ConnectAsync(new("hooks.example.com", 443), default));
    }

    [Fact]
    public async Task A_connection_is_dialled_without_delay_and_closed_with_its_stream()
    {
        var connector = new GuardedConnector(Options.Create(new OutboundWebhookOptions { AllowLoopback = true }));
        var stream = Assert.IsType<NetworkStream>(await connector.ConnectAsync(new("127.0.0.1", Port), default));
        Assert.True(stream.Socket.NoDelay);
        using var accepted = await inside.AcceptTcpClientAsync();
        await stream.DisposeAsync();
        Assert.False(stream.Socket.Connected);

        var port = Port;
        inside.Stop();
        await Assert.ThrowsAnyAsync<SocketException>(async () => await connector.ConnectAsync(new("127.0.0.1", port), default));
    }

    [Fact]
    public async Task Of_a_long_answer_64_kB_are_read()
    {
        var answer = await AskAsync($"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{new string('x', 200_000)}");
        Assert.Equal((200, null, 64 * 1024), (answer.Status, answer.Error, answer.Body.Length));
    }

    [Fact]
    public async Task One_that_says_nothing_in_time_has_not_taken_it_and_one_that_says_so_and_stalls_has()
    {
        var silent = await AskAsync("", TimeSpan.FromMilliseconds(300));
        Assert.Null(silent.Status);
        Assert.StartsWith("no answer within", silent.Error, StringComparison.Ordinal);

        var stalled = await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", TimeSpan.FromSeconds(2));
        Assert.Equal((200, null, "half"), (stalled.Status, stalled.Error, stalled.Body));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Mon, 02 Mar 2026 09:02:00 GMT", 120)]
    [InlineData("soon", null)]
    public async Task How_long_it_asks_to_be_left_alone_is_read(string header, int? seconds)
    {
        var answer = await AskAsync($"HTTP/1.1 503 Busy\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(seconds, answer.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    [InlineData("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 099 Nothing\r\nContent-Length: 0\r\n\r\n")]
    public async Task What_is_no_HTTP_is_no_answer(string said)
    {
        var answer = await AskAsync(said);
        Assert.Equal((null, "broke the connection off, or did not answer in HTTP"), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task A_certificate_that_is_not_good_is_not_trusted()
    {
        // Plain text where a handshake is due stands for all that is no TLS of a name that can be trusted.
        var answer = await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", scheme: "https");
        Assert.Equal((null, "no secure connection: its certificate or TLS version is not good"), (answer.Status, answer.Error));
    }

    private EndpointHttp Client(IPAddress[] addresses) => Client(_ => Task.FromResult(addresses));

    /// <summary>Notes what is dialled, and reaches nobody.</summary>
    private EndpointHttp Client(Func<string, Task<IPAddress[]>> resolve) => new(
        new GuardedConnector(Options.Create(new OutboundWebhookOptions()), (host, _) => resolve(host), (to, _) =>
        {
            dialled.Add(to);
            throw new SocketException((int)SocketError.HostUnreachable);
        }),
        TimeProvider.System);

    /// <summary>Asks a receiver that says exactly that, so many times; the last request and answer count.</summary>
    private async Task<EndpointAnswer> AskAsync(
        string says, TimeSpan? timeout = null, string scheme = "http", int times = 1, CancellationToken ct = default)
    {
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        var to = (IPEndPoint)receiver.LocalEndpoint;
        var options = Options.Create(new OutboundWebhookOptions());
        using var http = new EndpointHttp(
            new GuardedConnector(
                options, (_, _) => Task.FromResult<IPAddress[]>([Public]),
                async (_, stop) =>
                {
                    var client = new TcpClient();
                    await client.ConnectAsync(to, stop);
                    return client.GetStream();
                }),
            new TestClock())
        { Timeout = timeout ?? TimeSpan.FromSeconds(10) };
        while (true)
        {
            var asked = http.PostAsync(new Uri($"{scheme}://hooks.example.com/"), "{}", [("webhook-id", "1")], ct);
            using var connection = await receiver.AcceptTcpClientAsync(CancellationToken.None);
            await using var stream = connection.GetStream();
            sent = await ReadAsync(stream, scheme == "http");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(says), CancellationToken.None);
            var answer = await asked;
            if (--times == 0)
            {
                return answer;
            }
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream, bool toTheEnd)
    {
        var request = new byte[4096];
        var length = await stream.ReadAtLeastAsync(request, 1, throwOnEndOfStream: false, CancellationToken.None);
        while (toTheEnd && !Encoding.ASCII.GetString(request, 0, length).EndsWith("\r\n\r\n{}", StringComparison.Ordinal))
        {
            length += await stream.ReadAtLeastAsync(request.AsMemory(length), 1, cancellationToken: CancellationToken.None);
        }

        return Encoding.ASCII.GetString(request, 0, length);
    }
}
