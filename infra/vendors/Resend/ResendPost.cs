using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

/// <summary>What becomes of an accepted message: sent at its time, then delivered, bounced or complained about, each with its
/// event.</summary>
internal sealed class ResendPost(VendorHost host, LocalResendOptions options, WebhookOutbox outbox)
{
    private const string SendKind = "send";
    private const string DeliverKind = "deliver";

    public void Register()
    {
        host.Work.On(SendKind, async (due, connection, transaction, _) =>
        {
            var row = await ResendStore.FindAsync(connection, transaction, Guid.Parse(due.Subject));
            // Rescheduled in the meantime: the row knows the time, this work only wakes.
            if (row is { LastEvent: "scheduled", ScheduledAt: { } at } && at > host.Now.UtcDateTime)
            {
                return new DateTimeOffset(at, TimeSpan.Zero);
            }
            if (row is not null && await ResendStore.MoveAsync(connection, transaction, row.Id, "scheduled", "sent"))
            {
                await SentAsync(connection, transaction, row);
            }
            return null;
        });
        host.Work.On(DeliverKind, DeliverAsync);
    }

    /// <summary>Stores one message inside the accepting transaction and plans the rest.</summary>
    public async Task<Guid> AcceptAsync(NpgsqlConnection c, NpgsqlTransaction t, JsonObject message)
    {
        var scheduled = ResendMessage.ScheduledAt(message) is { } at && at > host.Now ? at : (DateTimeOffset?)null;
        var row = new EmailRow
        {
            Id = Guid.NewGuid(),
            Sender = message.Text("from")!,
            Recipients = [.. ResendMessage.People(message["to"])!],
            Subject = message.Text("subject") ?? "",
            Message = VendorReply.Text(message),
            LastEvent = scheduled is null ? "sent" : "scheduled",
            ScheduledAt = scheduled?.UtcDateTime,
            CreatedAt = host.Now.UtcDateTime,
        };
        await ResendStore.InsertAsync(c, t, row);
        if (scheduled is { } later)
        {
            await EmitAsync(c, t, "email.scheduled", row, null);
            await host.Work.ScheduleAsync(c, t, SendKind, row.Id.ToString(), later);
        }
        else
        {
            await SentAsync(c, t, row);
        }
        return row.Id;
    }

    private async Task SentAsync(NpgsqlConnection c, NpgsqlTransaction t, EmailRow row)
    {
        await EmitAsync(c, t, "email.sent", row, null);
        await host.Work.ScheduleAsync(c, t, DeliverKind, row.Id.ToString(), host.Now + options.DeliveryTime);
    }

    private async Task<DateTimeOffset?> DeliverAsync(DueRow due, NpgsqlConnection c, NpgsqlTransaction t, CancellationToken ct)
    {
        if (await ResendStore.FindAsync(c, t, Guid.Parse(due.Subject)) is not { } row)
        {
            return null;
        }
        if (Has(row, "bounced"))
        {
            await ResendStore.MoveAsync(c, t, row.Id, "sent", "bounced");
            await EmitAsync(c, t, "email.bounced", row, new JsonObject
            {
                ["bounce"] = new JsonObject
                {
                    ["type"] = "Permanent",
                    ["subType"] = "General",
                    ["message"] = "The recipient's mail server refused the message.",
                    ["diagnosticCode"] = new JsonArray("smtp; 550 5.5.0 Requested action not taken: mailbox unavailable"),
                },
            });
            return null;
        }
        await ResendStore.MoveAsync(c, t, row.Id, "sent", "delivered");
        await EmitAsync(c, t, "email.delivered", row, null);
        if (Has(row, "complained"))
        {
            await ResendStore.MoveAsync(c, t, row.Id, "delivered", "complained");
            await EmitAsync(c, t, "email.complained", row, null);
        }
        return null;
    }

    private Task EmitAsync(NpgsqlConnection c, NpgsqlTransaction t, string type, EmailRow row, JsonObject? more)
    {
        var message = row.MessageObject();
        var data = more ?? [];
        data["created_at"] = Time(new DateTimeOffset(row.CreatedAt, TimeSpan.Zero));
        data["email_id"] = row.Id.ToString();
        data["from"] = row.Sender;
        data["to"] = new JsonArray([.. row.Recipients.Select(one => (JsonNode)one)]);
        data["subject"] = row.Subject;
        if (message["tags"] is JsonArray tags)
        {
            data["tags"] = new JsonObject(
                tags.Select(tag => KeyValuePair.Create((string)tag!["name"]!, tag["value"]?.DeepClone())).DistinctBy(tag => tag.Key));
        }
        // `type` last, as in real payloads: an order-sensitive reader must fail here too.
        return outbox.EmitAsync(c, t, "msg_" + Ids.New(27), type, row.Id.ToString(), new JsonObject
        {
            ["created_at"] = Time(host.Now),
            ["data"] = data,
            ["type"] = type,
        });
    }

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static bool Has(EmailRow row, string local) => row.Recipients.Any(one =>
        ResendMessage.Bare(one).Split('@')[0].Split('+')[0].Equals(local, StringComparison.OrdinalIgnoreCase));
}
