using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.PagerDuty;

/// <summary>What is asked of PagerDuty about an incident, by its Events API v2's names.</summary>
public static class PageAction
{
    public const string Trigger = "trigger";
    public const string Acknowledge = "acknowledge";
    public const string Resolve = "resolve";
}

/// <summary>The services of PagerDuty, each with a routing key of its own.</summary>
public static class PageRoute
{
    /// <summary>The one that wakes people.</summary>
    public const string High = "high";

    /// <summary>The one that does not.</summary>
    public const string Low = "low";

    /// <summary>The one that wakes whoever sees to security.</summary>
    public const string Security = "security";
}

/// <summary>One event for PagerDuty: ids and states, for it is overseas and no tenant's processor.</summary>
/// <param name="DedupKey">Our incident's id: what makes the same page twice one incident there.</param>
/// <param name="Details">Ids only.</param>
/// <param name="Address">Where whoever is woken goes on.</param>
/// <param name="Route">One of <see cref="PageRoute"/>. What triggered an incident must resolve it.</param>
public sealed record PagerDutyPage(
    string Action, string DedupKey, string Summary, string Severity, string Class, DateTimeOffset At,
    IReadOnlyDictionary<string, string> Details, string Route = PageRoute.High, Uri? Address = null);

/// <summary>
/// PagerDuty's Events API v2. There is no idempotency key; the dedup key does its work: triggering an open incident again, acknowledging
/// and resolving it again change nothing that anybody is woken by. So whatever is unknown can be sent again.
/// </summary>
public sealed class PagerDutyEvents(HttpClient http, IOptions<PagerDutyOptions> options)
{
    private const int MaxSummary = 1024;
    private const int MaxReason = 150;
    private static readonly TimeSpan DefaultPace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPace = TimeSpan.FromMinutes(15);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>False: the service has no routing key, and nobody is to be paged by it.</summary>
    public bool IsOn(string route) => KeyOf(route).Length > 0;

    /// <summary>The dedup key that PagerDuty took it under, or why it did not.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<VendorResult<string>> SendAsync(PagerDutyPage page, CancellationToken ct)
    {
        try
        {
            using var response = await http.PostAsJsonAsync(new Uri(new Uri(options.Value.ApiUrl), "/v2/enqueue"), Wire(page), Json, ct);
            var status = (int)response.StatusCode;
            return response.StatusCode switch
            {
                HttpStatusCode.Accepted => page.DedupKey,
                HttpStatusCode.TooManyRequests => new VendorFailure.RateLimited(Pace(response)),
                HttpStatusCode.RequestTimeout => new VendorFailure.Unknown("PagerDuty answered 408"),
                >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError =>
                    new VendorFailure.Refused(status, await ReasonAsync(response, ct)),
                _ => new VendorFailure.Unknown($"PagerDuty answered {status}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"PagerDuty did not answer: {e.GetType().Name}", e.NotCalledFor());
        }
    }

    private static TimeSpan Pace(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter?.Delta ?? DefaultPace;
        return wait <= TimeSpan.Zero ? DefaultPace : wait > LongestPace ? LongestPace : wait;
    }

    /// <summary>Its errors name fields of ours, none of which holds a personal value.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            var fault = await response.Content.ReadFromJsonAsync<WireFault>(Json, ct);
            var text = fault?.Errors is { Count: > 0 } errors ? string.Join("; ", errors) : fault?.Message;
            return string.IsNullOrEmpty(text) ? $"status {(int)response.StatusCode}" : text[..Math.Min(text.Length, MaxReason)];
        }
        catch (JsonException)
        {
            return $"status {(int)response.StatusCode}";
        }
    }

    private string KeyOf(string route) => route switch
    {
        PageRoute.Low => options.Value.LowUrgencyRoutingKey,
        PageRoute.Security => options.Value.SecurityRoutingKey,
        _ => options.Value.RoutingKey,
    };

    private WireEvent Wire(PagerDutyPage page) => new(
        KeyOf(page.Route),
        page.Action,
        page.DedupKey,
        // The two others take the key alone.
        page.Action != PageAction.Trigger ? null : new WirePayload(
            page.Summary.Length > MaxSummary
                ? page.Summary[..MaxSummary]
                : page.Summary, options.Value.Source, page.Severity, page.At, page.Class, page.Details),
        page is { Action: PageAction.Trigger, Address: { } address } ? [new(address, "The incident at the portal")] : null);

    private sealed record WireEvent(
        string RoutingKey, string EventAction, string DedupKey, WirePayload? Payload, IReadOnlyList<WireLink>? Links);

    private sealed record WireLink(Uri Href, string Text);

    private sealed record WirePayload(
        string Summary, string Source, string Severity, DateTimeOffset Timestamp, string Class,
        IReadOnlyDictionary<string, string> CustomDetails);

    private sealed record WireFault(string? Message, IReadOnlyList<string>? Errors);
}
