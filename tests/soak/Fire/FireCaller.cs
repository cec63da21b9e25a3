using Portal.Tests.Support;

namespace Portal.Tests.Soak.Fire;

/// <summary>Calls that end with an answer: asked again, with the same Idempotency-Key, when the app dies under them.</summary>
public sealed class FireCaller(LivePortal portal, CancellationToken over)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private int lost;

    /// <summary>Answers that never came.</summary>
    public int Lost => lost;

    /// <exception cref="InvalidOperationException">It is answered, and not with that.</exception>
    public async Task<Answer> SureAsync(string? person, HttpMethod method, string path, object? body, params int[] wanted)
    {
        for (var key = Guid.NewGuid().ToString(); ; await Task.Delay(Pause, TimeProvider.System, over))
        {
            if (await TryAsync(person, method, path, body, method == HttpMethod.Post ? key : null) is not { } answer)
            {
                continue;
            }

            if (wanted.Contains(answer.Code))
            {
                return answer;
            }

            // A session that grew old while the app was down, a request whose process died before it answered, an app that is starting or
            // stopping.
            if (answer.Code is not (401 or >= 500) && answer.ProblemType != "idempotency-key-in-flight")
            {
                throw new InvalidOperationException($"{person ?? "a guest"} {method} {path} is answered {answer.Code}: {answer.Body}");
            }
        }
    }

    public Task<Answer> PostAsync(string person, string path, object? body, params int[] wanted) =>
        SureAsync(person, HttpMethod.Post, path, body, wanted);

    /// <summary>Null: no answer came.</summary>
    public async Task<Answer?> TryAsync(string? person, HttpMethod method, string path, object? body = null, string? key = null)
    {
        try
        {
            return await portal.CallAsync(person, method, path, body, key);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            Interlocked.Increment(ref lost);
            return null;
        }
    }
}
