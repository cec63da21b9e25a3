using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Portal.Events.OutboundWebhooks;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events.OutboundWebhooks;

/// <summary>An endpoint of outbound webhooks on the wire.</summary>
public sealed record WebhookEndpointJson(
    Guid Id, string Url, string Description, [OneOf(typeof(OfferedEvents)), About("None: every type, those to come too.")]
    IReadOnlyList<string> EventTypes, bool Enabled,
    [OneOf(DisabledReason.ByAdmin, DisabledReason.Gone, DisabledReason.Failing),
     About("gone: it answered 410. failing: nothing but failures for five days.")]
    string? DisabledReason,
    DateTimeOffset? DisabledAt,
    [About("The first attempt that failed since one succeeded.")] DateTimeOffset? FailingSince,
    DateTimeOffset? LastSuccessAt,
    [About("How often a secret has been made.")] int SecretVersion,
    DateTimeOffset SecretMadeAt,
    [About("Until then the secret before this one signs too.")] DateTimeOffset? PreviousSecretUntil,
    Guid CreatedById, string? CreatedByName, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int Version)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [About("Only in the answers that make it: keep it, it is not shown again.")]
    public string? Secret { get; init; }

    public static WebhookEndpointJson From(OutboundEndpoint e) => new(
        e.Id, e.Url, e.Description, e.EventTypes, e.Enabled, e.DisabledReason, e.DisabledAt, e.FailingSince, e.LastSuccessAt,
        e.SecretGeneration, e.SecretMadeAt, e.PreviousUntil, e.CreatedBy, e.CreatedByName, e.CreatedAt, e.UpdatedAt, e.Version);

    internal static Reply Reply(OutboundEndpoint e) => Foundation.Http.Reply.Ok(From(e), e.Version);
}

/// <summary>Adds the secret to the answers that make one. It is not kept with them; a repeated request gets the one that it made, as long
/// as that is the endpoint's.</summary>
public sealed class WebhookSecretAnswers(OutboundEndpointStore endpoints, EndpointSecrets secrets)
{
    public async Task<IResult> WithSecretAsync(HttpRequest request, Reply reply)
    {
        var body = reply.Body!.DeepClone().AsObject();
        var endpoint = await endpoints.FindAsync(
            request.HttpContext.Caller().Tenant, body["id"]!.GetValue<Guid>(), request.HttpContext.RequestAborted);
        if (endpoint is not null && endpoint.SecretGeneration == body["secretVersion"]!.GetValue<int>()
            && secrets.Make(endpoint.Id, endpoint.SecretGeneration, endpoint.SecretKid) is { } secret)
        {
            body["secret"] = secret;
        }

        return reply with { Body = body };
    }
}

/// <summary>What an endpoint was asked, but for the signature.</summary>
/// <param name="Headers">Without the signature. The timestamp is that of the attempt.</param>
public sealed record WebhookRequestJson(IReadOnlyDictionary<string, string> Headers, string Body, bool BodyIsCut);

/// <summary>One time that an endpoint was asked, and what it said.</summary>
/// <param name="Status">Null: it did not answer.</param>
/// <param name="Error">Null: it took the event.</param>
/// <param name="ResponseBody">Its beginning.</param>
public sealed record WebhookAttemptJson(
    int Attempt, int Number, DateTimeOffset SentAt, [About("Without its query.")] string Url, int? Status, string? Error, int DurationMs,
    string? ResponseType, string ResponseBody)
{
    public static WebhookAttemptJson From(LoggedAttempt a) => new(
        a.Attempt, a.Number, a.SentAt, a.Url, a.Status, a.Error, a.DurationMs, a.ResponseType, a.ResponseBody);
}

/// <summary>An event on its way to an endpoint.</summary>
/// <param name="Attempt">How often it was to be sent: 1, and one more for each redelivery.</param>
/// <param name="Attempts">The latest, oldest first; kept for a month.</param>
public sealed record WebhookDeliveryJson(
    Guid Id, Guid EventId, string EventType, [OneOf(typeof(DeliveryStatus))] string Status, string? Reason,
    int Attempt, DateTimeOffset? NextAttemptAt, DateTimeOffset CreatedAt, DateTimeOffset? DoneAt, WebhookRequestJson Request,
    IReadOnlyList<WebhookAttemptJson> Attempts)
{
    private const int MostBody = 4000;

    public static WebhookDeliveryJson From(LoggedWebhook d)
    {
        var body = WebhookPayload.Of(d.Event);
        return new(
            d.Id, d.Event.EventId, d.Event.Type, d.Status, d.Reason, d.Attempt, d.NextAttemptAt, d.CreatedAt, d.DoneAt,
            new(
                new Dictionary<string, string>
                {
                    [WebhookSigning.IdHeader] = d.Event.EventId.ToString(),
                    [WebhookSigning.SignatureHeader] = LoggedResponse.Hidden,
                },
                body.Length > MostBody ? body[..MostBody] : body, body.Length > MostBody),
            [.. d.Attempts.Select(WebhookAttemptJson.From)]);
    }
}

/// <param name="Redelivered">How many are sent again.</param>
/// <param name="NextSince">There are more than are sent at once: ask again, with since = this.</param>
public sealed record RedeliveredJson(int Redelivered, DateTimeOffset? NextSince)
{
    public static RedeliveredJson From(Redelivery r) => new(r.Redelivered, r.NextSince);
}
