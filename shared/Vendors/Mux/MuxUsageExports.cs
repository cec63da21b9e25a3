using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Mux;

/// <summary>A day's file of usage.</summary>
/// <param name="Link">Opens the file to whoever has it, for an hour or so.</param>
public sealed record MuxUsageExport(DateOnly Day, long Bytes, Uri Link);

/// <summary>A page of them, and how many pages there are.</summary>
public sealed record MuxUsageExportPage(int Pages, IReadOnlyList<MuxUsageExport> Files);

/// <summary>
/// The files that Mux makes of what an organization used on each day (UTC), one row an asset. The SDK has no call for them, so it is plain
/// HTTP. They are there from the morning of the next day (UTC) on, or the end of the next business day at the latest.
/// </summary>
public sealed class MuxUsageExports(HttpClient http, IOptions<MuxOptions> options)
{
    /// <summary>For all of an answer: a file may be large, and a timer must end.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };

    /// <summary>False: no token is set, and the files are not read.</summary>
    public bool AreRead => options.Value.SystemTokenId.Length > 0;

    /// <summary>The newest first; <paramref name="page"/> from 1. What is no file of a day is left out.</summary>
    public Task<VendorResult<MuxUsageExportPage>> ListAsync(DateOnly from, DateOnly to, int page, int limit, CancellationToken ct)
    {
        var url = $"{options.Value.ApiUrl.TrimEnd('/')}/system/v1/usage-exports?page={page}&limit={limit}"
            + $"&timeframe[]={Unix(from)}&timeframe[]={Unix(to.AddDays(1))}";
        var token = Encoding.UTF8.GetBytes($"{options.Value.SystemTokenId}:{options.Value.SystemTokenSecret}");
        return CallAsync<MuxUsageExportPage>(
            new Uri(url), new AuthenticationHeaderValue("Basic", Convert.ToBase64String(token)),
            async (content, stop) =>
                await content.ReadFromJsonAsync<WireList>(Json, stop) is { Data: { } data } list
                    ? new MuxUsageExportPage(list.Meta?.Pages ?? 1, [.. data.Select(Read).OfType<MuxUsageExport>()])
                    : null,
            ct);
    }

    /// <summary>Reads a file as it comes. Refused (403 as a rule): the link has ended.</summary>
    public Task<VendorResult<T>> ReadAsync<T>(
        MuxUsageExport file, Func<Stream, CancellationToken, Task<T>> read, CancellationToken ct)
        where T : class =>
        CallAsync<T>(file.Link, null, async (content, stop) => await read(await content.ReadAsStreamAsync(stop), stop), ct);

    private async Task<VendorResult<T>> CallAsync<T>(
        Uri url, AuthenticationHeaderValue? authorization, Func<HttpContent, CancellationToken, Task<T?>> read, CancellationToken ct)
        where T : class
    {
        // By the machine's clock: it is a limit on real work.
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Authorization = authorization } };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            var status = (int)response.StatusCode;
            if (!response.IsSuccessStatusCode)
            {
                return status is >= 400 and < 500 and not (408 or 429)
                    ? new VendorFailure.Refused(status, $"Mux answered {status}.")
                    : new VendorFailure.Unknown($"Mux answered {status}.");
            }

            return await read(response.Content, stop.Token) is { } value
                ? value
                : new VendorFailure.Unknown("Mux answered with a body that cannot be read.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"Mux did not answer: {e.GetType().Name}.");
        }
    }

    /// <summary>Only an address of the kind that the API itself has: with TLS, unless that is a server on this machine.</summary>
    private MuxUsageExport? Read(WireExport export) =>
        DateOnly.TryParseExact(export.Date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && Uri.TryCreate(export.DownloadUrl, UriKind.Absolute, out var link)
            && (link.Scheme == Uri.UriSchemeHttps || (link.IsLoopback && new Uri(options.Value.ApiUrl).IsLoopback))
            && export.FileSize >= 0
            ? new(day, export.FileSize, link)
            : null;

    private static long Unix(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();

    private sealed record WireList(IReadOnlyList<WireExport>? Data, WireMeta? Meta);

    private sealed record WireMeta(int Pages);

    private sealed record WireExport(string? Date, long FileSize, string? DownloadUrl);
}
