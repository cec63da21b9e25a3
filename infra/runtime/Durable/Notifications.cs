using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portal.Runtime.Durable;

/// <summary>
/// Word between processes over LISTEN/NOTIFY: <c>hello</c> (a worker came), <c>work</c> (instances are free), <c>m owner key…</c>
/// (messages wait), <c>s id</c> (an instance started or ended). Sent after the commit and only when others are alive, because NOTIFY
/// inside a commit would make all commits queue for one lock. Losing one costs the poll interval, nothing else.
/// </summary>
internal sealed partial class Notifications(
    NpgsqlDataSource database, string connectionString, ILogger logger, Func<string, Task> received)
{
    // The protocol allows 8000 bytes; ids are at most a few hundred.
    private const int MaxPayload = 4000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Channel<string> outgoing = Channel.CreateUnbounded<string>(new() { SingleReader = true });

    public static (string Kind, string Argument) Parse(string payload)
    {
        var space = payload.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (payload, string.Empty) : (payload[..space], payload[(space + 1)..]);
    }

    public void Messages(long owner, long key) => Send(string.Create(CultureInfo.InvariantCulture, $"m {owner} {key}"));

    public void Status(string instanceId)
    {
        if (instanceId.Length < MaxPayload / 4)
        {
            Send("s " + instanceId);
        }
    }

    public void Work() => Send("work");

    private void Send(string payload) => outgoing.Writer.TryWrite(payload);

    public async Task SendAsync(CancellationToken stop)
    {
        try
        {
            while (await outgoing.Reader.WaitToReadAsync(stop))
            {
                var payloads = new HashSet<string>(StringComparer.Ordinal);
                while (payloads.Count < 500 && outgoing.Reader.TryRead(out var payload))
                {
                    payloads.Add(payload);
                }

                await NotifyAsync([.. payloads], stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task NotifyAsync(string[] payloads, CancellationToken stop)
    {
        try
        {
            await using var command = database.CreateCommand("select pg_notify('durable', p) from unnest($1::text[]) p");
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = payloads });
            await command.ExecuteNonQueryAsync(stop);
        }
        catch (NpgsqlException exception)
        {
            Log.NotSent(logger, exception, payloads.Length);
        }
    }

    public async Task ListenAsync(CancellationToken stop)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ListenOnceAsync(() => pause = TimeSpan.FromMilliseconds(100), stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.Disconnected(logger, exception, pause);
                await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task ListenOnceAsync(Action connected, CancellationToken stop)
    {
        // Pooling off: a listening connection must not come back from a pool still listening, nor be cut as idle.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 30 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        var arrived = new List<string>();
        connection.Notification += (_, notification) => arrived.Add(notification.Payload);
        await connection.OpenAsync(stop);
        await using (var listen = new NpgsqlCommand("listen " + WorkerStore.Channel, connection))
        {
            await listen.ExecuteNonQueryAsync(stop);
        }

        connected();

        // Whatever was said while nobody listened.
        await received("work");
        while (true)
        {
            await connection.WaitAsync(stop);
            var payloads = arrived.Distinct(StringComparer.Ordinal).ToList();
            arrived.Clear();
            foreach (var payload in payloads)
            {
                await received(payload);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Listening for durable notifications was cut; trying again in {Pause}")]
        public static partial void Disconnected(ILogger logger, Exception exception, TimeSpan pause);

        [LoggerMessage(LogLevel.Warning, "{Count} durable notifications were not sent; polling makes up for them")]
        public static partial void NotSent(ILogger logger, Exception exception, int count);
    }
}
