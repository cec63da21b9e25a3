using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

internal sealed class WebhookRow
{
    public string Id { get; init; } = "";

    public string EventId { get; init; } = "";

    public string Type { get; init; } = "";

    public string Lane { get; init; } = "";

    public string Body { get; init; } = "";

    public string State { get; init; } = "";

    public string Attempts { get; init; } = "[]";
}

/// <summary>How one vendor sends: where to, signed how, given up when.</summary>
internal sealed class WebhookStyle
{
    public required Func<Uri?> Endpoint { get; init; }

    /// <summary>Body and signature headers of one try, at the given time.</summary>
    public required Func<WebhookRow, DateTimeOffset, (byte[] Body, IEnumerable<(string Name, string Value)> Headers)> Sign { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Gaps between tries; one try more than gaps.</summary>
    public required IReadOnlyList<TimeSpan> Gaps { get; init; }

    public string UserAgent { get; init; } = "local-vendor/1";

    /// <summary>An answer header and value that ends the retries (Svix), if the vendor knows one.</summary>
    public (string Name, string Value)? Abort { get; init; }

    /// <summary>An answer of 4xx but 429 ends the retries (PagerDuty).</summary>
    public bool DropsRefused { get; init; }

    /// <summary>Events of these types wait until one of their lane that <see cref="Releases"/> has been tried. Asked when the event
    /// happens.</summary>
    public Func<string, bool> HeldBack { get; init; } = _ => false;

    public Func<string, bool> Releases { get; init; } = _ => false;

    /// <summary>As Svix delivers: 15 s, its gaps, the event's id on every try, and an answer that can stop it.</summary>
    public static WebhookStyle Svix(Func<Uri?> endpoint, Func<string> secret) => new()
    {
        Endpoint = endpoint,
        Sign = (row, at) =>
        {
            var body = Encoding.UTF8.GetBytes(row.Body);
            return (body, SvixSigner.Headers(secret(), row.EventId, at, body));
        },
        Timeout = TimeSpan.FromSeconds(15),
        Gaps = SvixSigner.RetryGaps,
        UserAgent = "Svix-Webhooks/1.24.0",
        Abort = ("webhook-delivery", "abort-message"),
    };
}

/// <summary>
/// Events on their way to the app's one webhook endpoint.
/// </summary>
/// <remarks>
/// An event is inserted in the transaction that causes it, with a due row in the lane of its subject; lanes keep first tries in
/// order. A try posts the signed body and notes the outcome in <c>attempts</c>; anything but 2xx is due again after the next gap,
/// until the gaps are used up. Nothing is tried while no endpoint is set: the rows wait, as the app's address is known late.
/// </remarks>
internal sealed class WebhookOutbox : IDisposable
{
    private const string Kind = "webhook";

    // On top of the timeout by the clock: a test that moves a fake clock must not cut off an endpoint that is answering right now.
    private static readonly TimeSpan RealPatience = TimeSpan.FromMilliseconds(500);

    private readonly VendorHost host;
    private readonly VendorFaults faults;
    private readonly WebhookStyle style;
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public WebhookOutbox(VendorHost host, VendorFaults faults, WebhookStyle style)
    {
        this.host = host;
        this.faults = faults;
        this.style = style;
        host.Work.On(Kind, TryAsync, () => style.Endpoint() is not null);
    }

    /// <summary>Part of the causing transaction; signal the due work after its commit.</summary>
    public async Task EmitAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string eventId, string type, string lane, JsonObject body)
    {
        var held = style.HeldBack(type);
        for (var copies = faults.DuplicateWebhooks ? 2 : 1; copies > 0; copies--)
        {
            var id = Ids.New(24);
            await connection.ExecuteAsync(
                """
                insert into vendors.webhooks (id, vendor, event_id, type, lane, body, state, created_at)
                values (@id, @vendor, @eventId, @type, @lane, @body, @state, @now)
                """,
                new
                {
                    id,
                    vendor = host.Vendor,
                    eventId,
                    type,
                    lane,
                    body = VendorReply.Text(body),
                    state = held ? "held" : "waiting",
                    now = host.Now.UtcDateTime,
                }, transaction);
            if (!held)
            {
                await host.Work.ScheduleAsync(connection, transaction, Kind, id, host.Now + faults.DelayWebhooks, lane);
            }
        }
    }

    /// <summary>Sends an event once more, as a vendor's dashboard can. False: there is no such event.</summary>
    public Task<bool> RepeatAsync(string eventId, CancellationToken ct) => host.TransactAsync(
        async (connection, transaction) =>
        {
            var id = Ids.New(24);
            var made = await connection.ExecuteAsync(
                """
                insert into vendors.webhooks (id, vendor, event_id, type, lane, body, state, created_at)
                select @id, vendor, event_id, type, lane, body, 'waiting', @now
                from vendors.webhooks where vendor = @Vendor and event_id = @eventId limit 1
                """, new { id, host.Vendor, eventId, now = host.Now.UtcDateTime }, transaction);
            if (made == 1)
            {
                await host.Work.ScheduleAsync(connection, transaction, Kind, id, host.Now);
            }
            return made == 1;
        }, ct);

    /// <summary>All deliveries, in the order of their events.</summary>
    public async Task<IReadOnlyList<WebhookDelivery>> ListAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<WebhookRow>(
            """
            select id as Id, event_id as EventId, type as Type, lane as Lane, body as Body, state as State, attempts::text as Attempts
            from vendors.webhooks where vendor = @Vendor order by seq
            """, new { host.Vendor });
        return [.. rows.Select(row => new WebhookDelivery(
            row.EventId, row.Type, row.State, JsonNode.Parse(row.Attempts)!.AsArray().Count, JsonNode.Parse(row.Body)!.AsObject()))];
    }

    public void Dispose() => http.Dispose();

    private async Task<DateTimeOffset?> TryAsync(
        DueRow due, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        var row = await connection.QuerySingleOrDefaultAsync<WebhookRow>(
            """
            select id as Id, event_id as EventId, type as Type, lane as Lane, body as Body, state as State, attempts::text as Attempts
            from vendors.webhooks where id = @Subject
            """, new { due.Subject }, transaction);
        if (row is null || style.Endpoint() is not { } endpoint)
        {
            return row is null ? null : host.Now.AddSeconds(5);
        }
        if (faults.DropWebhooks?.Invoke(row.Type) == true)
        {
            await FinishAsync(connection, transaction, row, "dropped", row.Attempts);
            return null;
        }
        var attempts = JsonNode.Parse(row.Attempts)!.AsArray();
        var (attempt, delivered, stop) = await PostAsync(row, endpoint, ct);
        attempts.Add((JsonNode)attempt);
        var text = VendorReply.Text(attempts);
        if (delivered || stop || attempts.Count > style.Gaps.Count)
        {
            await FinishAsync(connection, transaction, row, delivered ? "delivered" : "given_up", text);
            return null;
        }
        await FinishAsync(connection, transaction, row, "waiting", text);
        return host.Now + style.Gaps[attempts.Count - 1];
    }

    private async Task FinishAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, WebhookRow row, string state, string attempts)
    {
        await connection.ExecuteAsync(
            "update vendors.webhooks set state = @state, attempts = @attempts::jsonb where id = @Id", new { state, attempts, row.Id },
            transaction);
        if (!style.Releases(row.Type))
        {
            return;
        }
        var held = await connection.QueryAsync<string>(
            """
            with released as (
                update vendors.webhooks set state = 'waiting' where vendor = @Vendor and lane = @Lane and state = 'held' returning id, seq)
            select id from released order by seq
            """, new { host.Vendor, row.Lane }, transaction);
        foreach (var id in held)
        {
            await host.Work.ScheduleAsync(connection, transaction, Kind, id, host.Now, row.Lane);
        }
    }

    private async Task<(JsonObject Attempt, bool Delivered, bool Stop)> PostAsync(WebhookRow row, Uri endpoint, CancellationToken ct)
    {
        var now = host.Now;
        var attempt = new JsonObject
        {
            ["id"] = Guid.CreateVersion7(now).ToString(),
            ["webhook_id"] = 1,
            ["address"] = endpoint.ToString(),
            ["created_at"] = now.ToString("yyyy-MM-ddTHH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["max_attempts"] = style.Gaps.Count + 1,
        };
        var (body, headers) = style.Sign(row, now);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", style.UserAgent);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var patience = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        await using var timer = host.Clock.CreateTimer(_ => LoseSoon(patience), null, style.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            attempt["response_status_code"] = (int)response.StatusCode;
            attempt["response_headers"] = new JsonObject(response.Headers.Concat(response.Content.Headers)
                .Select(header => KeyValuePair.Create<string, JsonNode?>(header.Key, string.Join(",", header.Value))));
            attempt["response_body"] = await BeginningAsync(response, either.Token);
            var stop = (style.Abort is { } abort && response.Headers.TryGetValues(abort.Name, out var values)
                && values.Contains(abort.Value)) || (style.DropsRefused && (int)response.StatusCode is >= 400 and < 500 and not 429);
            return (attempt, response.IsSuccessStatusCode, stop);
        }
        catch (HttpRequestException e)
        {
            attempt["response_status_code"] = null;
            attempt["error"] = e.HttpRequestError.ToString();
        }
        catch (IOException)
        {
            attempt["response_status_code"] = null;
            attempt["error"] = "ResponseEnded";
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            attempt["response_status_code"] = null;
            attempt["error"] = "Timeout";
        }
        return (attempt, false, false);
    }

    private static void LoseSoon(CancellationTokenSource patience)
    {
        try
        {
            patience.CancelAfter(RealPatience);
        }
        catch (ObjectDisposedException)
        {
            // Answered in the same moment: nothing to give up any more.
        }
    }

    // Kept for the record only: a receiver may answer with anything, at any length.
    private static async Task<string> BeginningAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = new byte[1024];
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return Encoding.UTF8.GetString(buffer, 0, read).Replace("\0", "", StringComparison.Ordinal);
    }
}
