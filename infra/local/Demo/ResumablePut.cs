using System.Globalization;
using System.Net.Http.Headers;

namespace Portal.Local.Demo;

/// <summary>
/// Sends a file to an upload address in chunks, as Mux's uploader does (Google Cloud Storage's resumable protocol): each with its
/// Content-Range; 308 says with <c>Range</c> how much is kept, 200 or 201 that all is. After a broken connection or a 5xx it asks what
/// is kept (<c>bytes */total</c>) and goes on from there.
/// </summary>
internal sealed class ResumablePut(HttpClient http, DemoFile file, string address, Action<string> report, TimeProvider clock)
{
    private const long Unit = 256 * 1024;
    private const long LargestChunk = 32 * 1024 * 1024;
    private const int WantedChunks = 4;
    private const int LinesAtMost = 8;
    private const int AttemptsInARow = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A multiple of 256 KiB, such that also a small file takes several chunks.</summary>
    public static long ChunkSize(long length) => Math.Clamp((length / WantedChunks / Unit + 1) * Unit, Unit, LargestChunk);

    /// <returns>How many chunks it took.</returns>
    /// <exception cref="StepFailedException">The address refuses the bytes, or does not answer.</exception>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var size = ChunkSize(file.Length);
        var linesApart = Math.Max(1, (file.Length + size - 1) / size / LinesAtMost);
        await using var stream = File.OpenRead(file.Path);
        var (kept, chunks, failures) = (0L, 0, 0);
        while (true)
        {
            var first = kept;
            var count = Math.Min(size, file.Length - first);
            var (next, problem) = await TryAsync(() => SendAsync(stream, first, count, ct), ct);
            if (problem is not null)
            {
                if (++failures >= AttemptsInARow)
                {
                    throw new StepFailedException($"the upload address fails again and again: {problem}");
                }

                report($"{problem}; asking how much is kept");
                await Task.Delay(Pause, clock, ct);
                (next, problem) = await TryAsync(() => ProbeAsync(ct), ct);
                if (problem is not null)
                {
                    continue;
                }
            }
            else
            {
                failures = 0;
                chunks++;
            }

            if (next is null)
            {
                report(Progress(file.Length, chunks, "200, complete"));
                return chunks;
            }

            kept = next.Value;
            if (chunks % linesApart == 0)
            {
                report(Progress(kept, chunks, "308, go on"));
            }
        }
    }

    private static async Task<(long? Next, string? Problem)> TryAsync(Func<Task<long?>> call, CancellationToken ct)
    {
        try
        {
            return (await call(), null);
        }
        catch (HttpRequestException exception)
        {
            return (0, exception.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (0, "no answer in time");
        }
    }

    /// <returns>The first byte that is wanted next; null when all are kept.</returns>
    private async Task<long?> SendAsync(FileStream stream, long first, long count, CancellationToken ct)
    {
        var bytes = new byte[count];
        stream.Position = first;
        await stream.ReadExactlyAsync(bytes, ct);
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        // An empty file has no range that could be named.
        content.Headers.ContentRange = count == 0 ? null : new ContentRangeHeaderValue(first, first + count - 1, file.Length);
        return await PutAsync(content, ct);
    }

    private async Task<long?> ProbeAsync(CancellationToken ct)
    {
        using var content = new ByteArrayContent([]);
        content.Headers.ContentRange = new ContentRangeHeaderValue(file.Length);
        return await PutAsync(content, ct);
    }

    private async Task<long?> PutAsync(HttpContent content, CancellationToken ct)
    {
        using var response = await http.PutAsync(new Uri(address), content, ct);
        switch ((int)response.StatusCode)
        {
            case 200 or 201:
                return null;
            case 308:
                var range = response.Headers.TryGetValues("Range", out var values) ? values.First() : "";
                return range.Split('-') is [_, var last] && long.TryParse(last, CultureInfo.InvariantCulture, out var end) ? end + 1 : 0;
            case >= 500 or 408 or 429:
                throw new HttpRequestException($"the upload address answered {(int)response.StatusCode}", null, response.StatusCode);
            default:
                var text = await response.Content.ReadAsStringAsync(ct);
                throw new StepFailedException($"the upload address answered {(int)response.StatusCode}: {text}");
        }
    }

    private string Progress(long kept, int chunks, string answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"chunk {chunks}: {kept:N0} of {file.Length:N0} bytes{(file.Length == 0 ? "" : $" ({100 * kept / file.Length} %)")}: {answer}");
}
