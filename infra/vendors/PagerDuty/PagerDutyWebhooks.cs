using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.PagerDuty;

/// <summary>Webhooks of version 3: signed over the body alone, several signatures while the secret is being rotated, no time in them; what
/// is answered with 4xx is dropped at once. Nothing is kept for later while nobody has subscribed.</summary>
internal sealed class PagerDutyWebhooks(VendorHost host, WebhookOutbox outbox, Func<Uri?> endpoint)
{
    private static readonly IReadOnlyList<TimeSpan> RetryGaps =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(8),
        TimeSpan.FromDays(1),
    ];

    public static WebhookStyle StyleOf(LocalWebhookVendor vendor) => new()
    {
        Endpoint = () => vendor.WebhookUrl,
        Sign = (row, _) =>
        {
            var signature = LocalPagerDuty.Sign(vendor.SigningSecret, row.Body);
            return (Encoding.UTF8.GetBytes(row.Body), [("X-PagerDuty-Signature", signature), ("X-Webhook-Id", row.Id)]);
        },
        Timeout = TimeSpan.FromSeconds(5),
        Gaps = RetryGaps,
        UserAgent = "PagerDuty-Webhook/V3.0",
        DropsRefused = true,
    };

    public static string TypeOf(string action) => action switch
    {
        "acknowledge" => "incident.acknowledged",
        "resolve" => "incident.resolved",
        _ => "incident.triggered",
    };

    /// <summary>What a person does in PagerDuty's own pages. False: no open incident has this key.</summary>
    public Task<bool> MoveAsync(string key, bool resolve, CancellationToken ct) =>
        host.TransactAsync(async (connection, transaction) =>
        {
            var incident = await PagerDutyStore.MoveAsync(connection, transaction, null, key, resolve, host.Now);
            if (incident is not null)
            {
                await EmitAsync(connection, transaction, TypeOf(resolve ? "resolve" : "acknowledge"), incident, key, "PONCALL");
            }

            return incident is not null;
        }, ct);

    /// <summary>Part of the causing transaction.</summary>
    /// <param name="agent">Id of the person who did it; null: an integration did.</param>
    public async Task EmitAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string type, string incident, string key, string? agent)
    {
        if (endpoint() is null)
        {
            return;
        }

        var id = $"01{Ids.New(24)}";
        await outbox.EmitAsync(connection, transaction, id, type, incident, new JsonObject
        {
            ["event"] = new JsonObject
            {
                ["id"] = id,
                ["event_type"] = type,
                ["resource_type"] = "incident",
                ["occurred_at"] = host.Now.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                ["agent"] = agent is null ? null : new JsonObject { ["id"] = agent, ["type"] = "user_reference" },
                ["client"] = null,
                ["data"] = new JsonObject
                {
                    ["id"] = incident,
                    ["type"] = "incident",
                    ["incident_key"] = key,
                    ["status"] = type["incident.".Length..],
                },
            },
        });
    }
}
