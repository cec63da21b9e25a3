using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

internal sealed class EmailRow
{
    public Guid Id { get; init; }

    public string Sender { get; init; } = "";

    public string[] Recipients { get; init; } = [];

    public string Subject { get; init; } = "";

    public string Message { get; init; } = "{}";

    public string LastEvent { get; init; } = "";

    public DateTime? ScheduledAt { get; init; }

    public DateTime CreatedAt { get; init; }

    public JsonObject MessageObject() => JsonNode.Parse(Message)!.AsObject();
}

/// <summary>The SQL of the local Resend.</summary>
internal sealed class ResendStore(VendorHost host)
{
    private const string Columns =
        """
        id as Id, sender as Sender, recipients as Recipients, subject as Subject, message::text as Message, last_event as LastEvent,
        scheduled_at as ScheduledAt, created_at as CreatedAt
        """;

    public async Task<EmailRow?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return await FindAsync(connection, null, id);
    }

    public static Task<EmailRow?> FindAsync(NpgsqlConnection c, NpgsqlTransaction? t, Guid id) =>
        c.QuerySingleOrDefaultAsync<EmailRow?>($"select {Columns} from vendors.resend_emails where id = @id", new { id }, t);

    /// <summary>All, the newest first.</summary>
    public async Task<IReadOnlyList<EmailRow>> ListAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<EmailRow>($"select {Columns} from vendors.resend_emails order by seq desc")).AsList();
    }

    public async Task<IReadOnlyList<InboxMessage>> InboxAsync(string? to, CancellationToken ct)
    {
        return [.. (await ListAsync(ct)).Reverse().Where(
            row => to is null || row.Recipients.Any(one => string.Equals(ResendMessage.Bare(one), to, StringComparison.OrdinalIgnoreCase)))
            .Select(row => (row, message: row.MessageObject())).Select(one => new InboxMessage(
                one.row.Id, one.row.Sender, one.row.Recipients, one.row.Subject, one.message.Text("html"), one.message.Text("text"),
                one.row.LastEvent, new DateTimeOffset(one.row.CreatedAt, TimeSpan.Zero), one.message))];
    }

    public static Task InsertAsync(NpgsqlConnection c, NpgsqlTransaction t, EmailRow row) => c.ExecuteAsync(
        """
        insert into vendors.resend_emails (id, sender, recipients, subject, message, last_event, scheduled_at, created_at)
        values (@Id, @Sender, @Recipients, @Subject, @Message::jsonb, @LastEvent, @ScheduledAt, @CreatedAt)
        """, row, t);

    public static async Task<bool> MoveAsync(NpgsqlConnection c, NpgsqlTransaction t, Guid id, string from, string to) =>
        await c.ExecuteAsync(
        "update vendors.resend_emails set last_event = @to where id = @id and last_event = @from", new { id, from, to }, t) == 1;

    public static Task RescheduleAsync(NpgsqlConnection c, NpgsqlTransaction t, Guid id, DateTimeOffset at) => c.ExecuteAsync(
        "update vendors.resend_emails set scheduled_at = @at where id = @id", new { id, at = at.UtcDateTime }, t);

    /// <summary>False while another request with this key is running; the lock goes with the transaction.</summary>
    public static Task<bool> TryLockKeyAsync(NpgsqlConnection c, NpgsqlTransaction t, string key) =>
        c.ExecuteScalarAsync<bool>("select pg_try_advisory_xact_lock(hashtextextended('resend/' || @key, 0))", new { key }, t);

    public static Task<(byte[] Payload, string Answer)?> AnsweredAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string key, DateTimeOffset notBefore) =>
        c.QuerySingleOrDefaultAsync<(byte[], string)?>(
            "select payload, answer from vendors.resend_idempotency where key = @key and created_at > @notBefore",
            new { key, notBefore = notBefore.UtcDateTime }, t);

    public static Task KeepAnswerAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string key, byte[] payload, string answer, DateTimeOffset now) => c.ExecuteAsync(
        """
        insert into vendors.resend_idempotency (key, payload, answer, created_at) values (@key, @payload, @answer, @now)
        on conflict (key) do update set payload = excluded.payload, answer = excluded.answer, created_at = excluded.created_at
        """, new { key, payload, answer, now = now.UtcDateTime }, t);
}
