namespace Portal.LocalVendors;

/// <summary>One request a local vendor answered. Status 0: the connection was cut without an answer.</summary>
public sealed record RecordedRequest(string Method, string Path, string Query, int Status, DateTimeOffset At);

/// <summary>The last requests, for assertions about what the app called; at most 20 000, the oldest go first.</summary>
public sealed class RequestLog
{
    private const int Capacity = 20_000;
    private readonly Lock gate = new();
    private readonly Queue<RecordedRequest> requests = new();
    private long added;

    /// <summary>How many there were since the server began, those that are forgotten by now too.</summary>
    public long Added => Volatile.Read(ref added);

    public IReadOnlyList<RecordedRequest> All
    {
        get
        {
            lock (gate)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>How many requests with this method whose path starts so.</summary>
    public int Count(string method, string pathStart)
    {
        lock (gate)
        {
            return requests.Count(request => request.Method == method && request.Path.StartsWith(pathStart, StringComparison.Ordinal));
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            requests.Clear();
        }
    }

    internal void Add(RecordedRequest request)
    {
        lock (gate)
        {
            if (requests.Count == Capacity)
            {
                requests.Dequeue();
            }
            requests.Enqueue(request);
            added++;
        }
    }
}
