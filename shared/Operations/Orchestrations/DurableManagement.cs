using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Operations.Orchestrations;

/// <summary>What to list; all conditions hold together.</summary>
/// <param name="Continuation">Durable's own token of the next page.</param>
public sealed record InstanceSearch(
    IReadOnlyList<string> Statuses, string? IdPrefix, DateTimeOffset? CreatedFrom, DateTimeOffset? CreatedTo, int Top,
    string? Continuation = null);

/// <summary>A page of instances, and Durable's token of the next; null when this is the last.</summary>
public sealed record InstancePage(IReadOnlyList<OrchestrationInstance> Items, string? Continuation);

/// <summary>What Durable said to an act: it will happen, there is no such instance, the instance is in no state for it, or the storage
/// that Durable works on does not know it.</summary>
public enum DurableAnswer
{
    Accepted,
    NotFound,
    Over,
    Unsupported,
}

/// <summary>
/// Durable's management routes, which are the same on Azure and on the local runtime: history, suspend and the rest that the client
/// library does not offer there. The system key goes into a header, since addresses end up in logs.
/// </summary>
public sealed class DurableManagement(HttpClient http, IOptions<OperationsOptions> options)
{
    private const string Continuation = "x-ms-continuation-token";
    private const string KeyHeader = "x-functions-key";
    private const int LongestWord = 40;

    public async Task<InstancePage> ListAsync(InstanceSearch query, CancellationToken ct)
    {
        var parts = new List<string> { "showInput=false", string.Create(CultureInfo.InvariantCulture, $"top={query.Top}") };
        Add(parts, "runtimeStatus", query.Statuses.Count == 0 ? null : string.Join(',', query.Statuses));
        Add(parts, "instanceIdPrefix", query.IdPrefix);
        Add(parts, "createdTimeFrom", Text(query.CreatedFrom));
        Add(parts, "createdTimeTo", Text(query.CreatedTo));
        using var request = Request(HttpMethod.Get, $"instances?{string.Join('&', parts)}");
        if (query.Continuation is { } token)
        {
            request.Headers.TryAddWithoutValidation(Continuation, token);
        }

        using var response = await SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        var items = await JsonAsync(response, ct);
        var next = response.Headers.TryGetValues(Continuation, out var values) ? values.FirstOrDefault() : null;
        return new([.. items.EnumerateArray().Select(Read)], string.IsNullOrEmpty(next) ? null : next);
    }

    /// <summary>Null when Durable has no such instance.</summary>
    public async Task<OrchestrationInstance?> FindAsync(string id, bool history, CancellationToken ct)
    {
        if (!InstanceIds.IsPossible(id))
        {
            return null;
        }

        using var request = Request(
            HttpMethod.Get, $"instances/{Uri.EscapeDataString(id)}?showInput=false&showHistory={(history ? "true" : "false")}");
        using var response = await SendAsync(request, ct);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return Read(await JsonAsync(response, ct));
    }

    public Task<DurableAnswer> TerminateAsync(string id, string reference, CancellationToken ct) =>
        ActAsync(id, "terminate", $"reason={reference}", ct);

    public Task<DurableAnswer> SuspendAsync(string id, string reference, CancellationToken ct) =>
        ActAsync(id, "suspend", $"reason={reference}", ct);

    public Task<DurableAnswer> ResumeAsync(string id, string reference, CancellationToken ct) =>
        ActAsync(id, "resume", $"reason={reference}", ct);

    /// <summary>Lets an instance that failed go on from before its failure: what failed is done again, what was done is not.</summary>
    public Task<DurableAnswer> RewindAsync(string id, string reference, CancellationToken ct) =>
        ActAsync(id, "rewind", $"reason={reference}", ct);

    /// <summary>Starts an instance that is over once more, under the same id and with the same input.</summary>
    public Task<DurableAnswer> RestartAsync(string id, CancellationToken ct) =>
        ActAsync(id, "restart", "restartWithNewInstanceId=false", ct);

    private async Task<DurableAnswer> ActAsync(string id, string act, string query, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Post, $"instances/{Uri.EscapeDataString(id)}/{act}?{query}");
        using var response = await SendAsync(request, ct);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return DurableAnswer.NotFound;
            // A restart of one that runs is 400, a rewind of one that has not failed 412 or 400, any other act on one that is over 410.
            case HttpStatusCode.Gone or HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed:
                return DurableAnswer.Over;
            case HttpStatusCode.NotImplemented:
                return DurableAnswer.Unsupported;
            default:
                response.EnsureSuccessStatusCode();
                return DurableAnswer.Accepted;
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri($"{options.Value.DurableUrl.TrimEnd('/')}/{path}"));
        request.Headers.Add(KeyHeader, options.Value.DurableKey);
        return request;
    }

    /// <exception cref="HttpRequestException">They do not answer, or refuse our key: an outage of ours.</exception>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await http.SendAsync(request, ct);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException("Durable's management routes do not answer in time.", e);
        }
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<JsonElement>(ct);
        }
        catch (JsonException e)
        {
            throw new HttpRequestException("Durable's management routes answer with something else than JSON.", e);
        }
    }

    private static OrchestrationInstance Read(JsonElement json)
    {
        var status = Text(json, "runtimeStatus") ?? "Unknown";
        // A failed instance's output is its error; any other output may be anything, and is not shown.
        var error = status == RuntimeStatus.Failed && json.TryGetProperty("output", out var output)
            ? output.ValueKind == JsonValueKind.String ? output.GetString() : output.GetRawText()
            : null;
        return new(
            Text(json, "instanceId") ?? "", Text(json, "name")
                ?? "", status, Word(Text(json, "customStatus")), error, Time(json, "createdTime"), Time(json, "lastUpdatedTime"),
            json.TryGetProperty("historyEvents", out var history) && history.ValueKind == JsonValueKind.Array
                ? [.. history.EnumerateArray()]
                : []);
    }

    private static string? Word(string? text) =>
        text is { Length: > 0 and <= LongestWord } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? text : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset Time(JsonElement json, string name) =>
        DateTimeOffset.TryParse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : DateTimeOffset.UnixEpoch;

    private static string? Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static void Add(List<string> parts, string name, string? value)
    {
        if (value is not null)
        {
            parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }
}
