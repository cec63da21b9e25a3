using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Portal.Events.OutboundWebhooks;

/// <summary>
/// Secrets of endpoints: <c>whsec_</c> and base64 of <c>HMAC-SHA256(key[kid], endpoint ‖ generation)</c>. They can be made again to sign
/// and to repeat an answer, so nothing is stored that signs: a copy of the database forges nothing.
/// </summary>
public sealed class EndpointSecrets(IOptions<OutboundWebhookOptions> options)
{
    public const string Prefix = "whsec_";

    /// <summary>How long the secret before signs too once there is a new one.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public string CurrentKey => options.Value.CurrentKey;

    /// <summary>Null: the key that it was made from is not among the settings any more.</summary>
    public string? Make(Guid endpoint, int generation, string kid)
    {
        if (!options.Value.Keys.TryGetValue(kid, out var key))
        {
            return null;
        }

        var about = Encoding.ASCII.GetBytes("webhook endpoint");
        var message = new byte[about.Length + 16 + sizeof(int)];
        about.CopyTo(message, 0);
        endpoint.TryWriteBytes(message.AsSpan(about.Length), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(about.Length + 16), generation);
        return Prefix + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(key), message));
    }

    /// <summary>Those that sign at that moment, the current one first.</summary>
    public IReadOnlyList<string> Of(OutboundEndpoint endpoint, DateTimeOffset now)
    {
        var before = endpoint is { PreviousKid: { } kid, PreviousUntil: { } until } && now < until
            ? Make(endpoint.Id, endpoint.SecretGeneration - 1, kid)
            : null;
        return [.. new[] { Make(endpoint.Id, endpoint.SecretGeneration, endpoint.SecretKid), before }.OfType<string>()];
    }
}
