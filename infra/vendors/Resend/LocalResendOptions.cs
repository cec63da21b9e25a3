using System.Text.Json.Nodes;

namespace Portal.LocalVendors;

/// <summary>One Resend team.</summary>
public sealed class LocalResendOptions : LocalVendorOptions
{
    public string ApiKey { get; init; } = "re_local_key";

    /// <summary>Requests a second for the whole team; 0 lifts the limit.</summary>
    public int RequestsPerSecond { get; init; } = 2;

    /// <summary>From acceptance to <c>delivered</c>, by the clock.</summary>
    public TimeSpan DeliveryTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The one domain that is verified; mail is taken from others as well.</summary>
    public string Domain { get; init; } = "portal.localhost";

    public Uri? WebhookUrl { get; init; }

    /// <summary><c>whsec_</c> and base64.</summary>
    public string WebhookSecret { get; init; } = "whsec_bG9jYWwtcmVzZW5kLXdlYmhvb2stc2VjcmV0IQ==";
}

/// <summary>A message that was accepted. <c>Message</c> is the request's JSON as posted; <c>LastEvent</c> as the API tells it.</summary>
public sealed record InboxMessage(
    Guid Id, string From, IReadOnlyList<string> To, string Subject, string? Html, string? Text, string LastEvent,
    DateTimeOffset AcceptedAt, JsonObject Message);
