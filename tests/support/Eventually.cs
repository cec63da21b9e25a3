using System.Text.Json;
using Xunit.Sdk;

namespace Portal.Tests.Support;

/// <summary>
/// Waits until real state is as wanted: a row, a response, a process. The one place where tests wait in real time; everything
/// else moves a <see cref="TestClock"/>. The limit is there for a hung machine: raise it rather than tune it.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="XunitException">It did not within the limit (a minute unless told).</exception>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        ValueAsync(() => Task.FromResult(condition()), holds => holds, what, limit);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) =>
        ValueAsync(condition, holds => holds, what, limit);

    /// <inheritdoc cref="ValueAsync{T}(Func{Task{T}}, Func{T, bool}, string, TimeSpan?)"/>
    public static Task<T> ValueAsync<T>(Func<T> read, Func<T, bool> wanted, string what, TimeSpan? limit = null) =>
        ValueAsync(() => Task.FromResult(read()), wanted, what, limit);

    /// <summary>
    /// Reads until the value is as wanted and returns it. An exception while reading counts as "not yet".
    /// </summary>
    /// <exception cref="XunitException">It was not within the limit (a minute unless told); says what was seen last.</exception>
    public static async Task<T> ValueAsync<T>(Func<Task<T>> read, Func<T, bool> wanted, string what, TimeSpan? limit = null)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var allowed = limit ?? DefaultLimit;
        var pause = FirstPause;
        while (true)
        {
            string last;
            Exception? failure = null;
            try
            {
                var value = await read();
                if (wanted(value))
                {
                    return value;
                }

                last = Describe(value);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                failure = exception;
                last = $"{exception.GetType().Name}: {exception.Message}";
            }

            if (time.GetElapsedTime(began) > allowed)
            {
                throw new XunitException($"Waited {allowed.TotalSeconds:0.#} s for: {what}. Last seen: {last}", failure);
            }

            await Task.Delay(pause, time);
            pause = pause < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    /// <summary>
    /// Moves the clock step by step until the condition holds, and gives what each step wakes a moment to run. For loops that arm
    /// their next timer only after they were woken.
    /// </summary>
    /// <exception cref="XunitException">It did not hold within the limit (a minute of real time unless told).</exception>
    public static async Task MovingAsync(
        TestClock clock, TimeSpan step, Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        var began = clock.GetUtcNow();
        await TrueAsync(
            async () =>
            {
                if (await condition())
                {
                    return true;
                }

                clock.Advance(step);
                return false;
            },
            $"{what} (clock moved in steps of {step} from {began:O})",
            limit);
    }

    private static string Describe<T>(T value)
    {
        const int Longest = 4000;
        string text;
        try
        {
            text = value is string plain ? plain : JsonSerializer.Serialize(value);
        }
        catch (Exception exception) when (exception is NotSupportedException or JsonException)
        {
            text = value?.ToString() ?? "null";
        }

        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
