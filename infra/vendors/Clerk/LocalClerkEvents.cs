using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>Puts events into the outbox in Clerk's envelope; times are in milliseconds, as its guide shows them.</summary>
internal sealed class LocalClerkEvents(VendorHost host, WebhookOutbox outbox, string instanceId)
{
    public Task EmitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string type, string subject, JsonObject data) =>
        outbox.EmitAsync(connection, transaction, "msg_" + Ids.New(27), type, subject, new JsonObject
        {
            ["data"] = data,
            ["event_attributes"] = new JsonObject
            {
                ["http_request"] = new JsonObject { ["client_ip"] = "127.0.0.1", ["user_agent"] = "local" },
            },
            ["instance_id"] = instanceId,
            ["object"] = "event",
            ["timestamp"] = host.Now.ToUnixTimeMilliseconds(),
            ["type"] = type,
        });
}
