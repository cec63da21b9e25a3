using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.LocalVendors;

namespace Portal.Local;

/// <summary>Secrets of the local vendors' webhooks.</summary>
internal sealed record WebhookSecrets(string Mux, string Clerk, string Resend);

/// <summary>
/// One line of a file of captured events: <c>{"provider", "headers"?, "body"}</c>. The body is text exactly as it came, or a JSON object.
/// Signatures are not kept: they are made again, with this installation's secrets and the present time.
/// </summary>
internal sealed record CapturedWebhook(string Provider, string? Id, string Body)
{
    private const string IdHeader = "svix-id";
    /// <summary>Vendors whose events are told again. Monitoring's alerts are not: they say what was true once.</summary>
    public static readonly string[] Providers = ["mux", "clerk", "resend"];

    /// <exception cref="UsageException">The line is no captured event.</exception>
    public static CapturedWebhook Read(string line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.TryGetProperty("provider", out var name) && name.GetString() is { } provider && Providers.Contains(provider)
                && root.TryGetProperty("body", out var body))
            {
                var text = body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText();
                return new(
                    provider, provider == "mux"
                        ? null
                        : IdOf(root) ?? $"msg_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..27]}", text);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UsageException($"Line {number} is no captured event: {e.Message}");
        }

        throw new UsageException($"Line {number} is no captured event: it needs a provider ({string.Join(", ", Providers)}) and a body.");
    }

    public string Line()
    {
        var line = new JsonObject { ["provider"] = Provider };
        if (Id is not null)
        {
            line["headers"] = new JsonObject { [IdHeader] = Id };
        }

        line["body"] = Body;
        return line.ToJsonString();
    }

    public HttpRequestMessage Request(WebhookSecrets secrets, DateTimeOffset now)
    {
        var bytes = Encoding.UTF8.GetBytes(Body);
        var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri($"/api/webhooks/{Provider}", UriKind.Relative))
        { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new("application/json");
        foreach (var (name, value) in Provider == "mux"
            ? [("Mux-Signature", MuxWebhookSender.Sign(secrets.Mux, now, Body))]
            : SvixSigner.Headers(Provider == "clerk" ? secrets.Clerk : secrets.Resend, Id!, now, bytes))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private static string? IdOf(JsonElement line) =>
        line.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object
            ? headers.EnumerateObject().Where(
                h => h.Name.Equals(IdHeader, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value.GetString()).FirstOrDefault()
            : null;
}
