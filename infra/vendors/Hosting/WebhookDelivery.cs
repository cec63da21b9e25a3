using System.Text.Json.Nodes;

namespace Portal.LocalVendors;

/// <summary>
/// An event and how its delivery stands: <c>waiting</c>, <c>held</c>, <c>delivered</c>, <c>given_up</c> or <c>dropped</c>. <c>EventId</c>
/// is what a receiver dedupes by, <c>Attempts</c> the posts made so far, <c>Body</c> what is sent, without <c>attempts</c>.
/// </summary>
public sealed record WebhookDelivery(string EventId, string Type, string State, int Attempts, JsonObject Body);
