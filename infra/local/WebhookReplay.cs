using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Local;

/// <summary>In which way captured events are sent again.</summary>
internal enum ReplayMode
{
    /// <summary>As they came.</summary>
    InOrder,

    /// <summary>In an order drawn by lot.</summary>
    Shuffle,

    /// <summary>Each twice, the second time anywhere behind the first.</summary>
    Duplicate,

    /// <summary>About every third is left out.</summary>
    Gaps,
}

/// <summary>
/// Sends captured events to a running app, signed anew, and tells what changed: rows of the inbox, and whatever a webhook may move. Leaves
/// a row in the platform's audit log, for events that nobody sent have moved rows.
/// </summary>
internal sealed class WebhookReplay(
    HttpClient app, NpgsqlDataSource data, PortalDb db, WebhookSecrets secrets, TimeProvider clock, TextWriter output)
{
    private const string Things = """
        select 'upload job' as kind, id::text as id, status from portal.upload_jobs
        union all select 'user', id::text, status from portal.users
        union all select 'invite', id::text, concat_ws(', at Clerk: ', status, clerk_state) from portal.invites
        union all select 'mail', id::text, coalesce(mail_state, status) from portal.deliveries where channel = 'email'
        """;

    /// <returns>False: the app refused some of them.</returns>
    public async Task<bool> RunAsync(string file, IReadOnlyList<CapturedWebhook> captured, ReplayMode mode, int seed, CancellationToken ct)
    {
        var events = Arrange(captured, mode, new Random(seed));
        await SayAsync($"{captured.Count} captured events, {events.Count} to send ({Name(mode)}, seed {seed}).");
        var (inboxBefore, before) = (await InboxAsync(), await ThingsAsync());
        var refused = 0;
        foreach (var each in events)
        {
            using var request = each.Request(secrets, clock.GetUtcNow());
            using var response = await app.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
            {
                refused++;
                await SayAsync($"  refused with {(int)response.StatusCode}: {each.Provider} {each.Id}");
            }
        }

        var (inboxAfter, after) = (await InboxAsync(), await ThingsAsync());
        await SayAsync($"Sent {events.Count}: {events.Count - refused} accepted, {refused} refused.");
        await TellInboxAsync(inboxBefore, inboxAfter);
        var changed = await TellThingsAsync(before, after);
        await AuditAsync(file, mode, seed, events.Count, refused, inboxAfter.Values.Sum() - inboxBefore.Values.Sum(), changed, ct);
        return refused == 0;
    }

    /// <summary>The same seed gives the same order.</summary>
    public static IReadOnlyList<CapturedWebhook> Arrange(IReadOnlyList<CapturedWebhook> captured, ReplayMode mode, Random chance)
    {
        switch (mode)
        {
            case ReplayMode.Shuffle:
                var shuffled = captured.ToArray();
                chance.Shuffle(shuffled);
                return shuffled;
            case ReplayMode.Duplicate:
                var doubled = captured.ToList();
                foreach (var each in captured)
                {
                    doubled.Insert(chance.Next(doubled.IndexOf(each) + 1, doubled.Count + 1), each);
                }

                return doubled;
            case ReplayMode.Gaps:
                return [.. captured.Where(_ => chance.Next(3) != 0)];
            default:
                return captured;
        }
    }

    private static string Name(ReplayMode mode) => mode switch
    {
        ReplayMode.Shuffle => "shuffled",
        ReplayMode.Duplicate => "each twice",
        ReplayMode.Gaps => "with gaps",
        _ => "in order",
    };

    private async Task TellInboxAsync(Dictionary<string, long> before, Dictionary<string, long> after)
    {
        await SayAsync("Inbox:");
        foreach (var kind in after.Keys.Union(before.Keys).Order(StringComparer.Ordinal))
        {
            var (old, now) = (before.GetValueOrDefault(kind), after.GetValueOrDefault(kind));
            await SayAsync(old == now ? $"  {kind}: {now}" : $"  {kind}: {old} → {now}");
        }
    }

    private async Task<int> TellThingsAsync(
        Dictionary<(string Kind, string Id), string> before, Dictionary<(string Kind, string Id), string> after)
    {
        var changed = after.Where(
            thing => before.GetValueOrDefault(thing.Key) != thing.Value).OrderBy(thing => thing.Key.Kind, StringComparer.Ordinal).ToList();
        await SayAsync($"Changed: {changed.Count}.");
        foreach (var (key, status) in changed)
        {
            await SayAsync($"  {key.Kind} {key.Id}: {before.GetValueOrDefault(key, "–")} → {status}");
        }

        return changed.Count;
    }

    /// <summary>By vendor and status.</summary>
    private async Task<Dictionary<string, long>> InboxAsync()
    {
        await using var connection = await data.OpenConnectionAsync();
        return (await connection.QueryAsync<(string Kind, long Count)>(
            "select provider || ' ' || status, count(*) from portal.webhook_inbox group by 1")).ToDictionary(
                row => row.Kind, row => row.Count, StringComparer.Ordinal);
    }

    private async Task<Dictionary<(string Kind, string Id), string>> ThingsAsync()
    {
        await using var connection = await data.OpenConnectionAsync();
        return (
            await connection.QueryAsync<(string Kind, string Id, string Status)>(Things)).ToDictionary(
                row => (row.Kind, row.Id), row => row.Status);
    }

    private Task<int> AuditAsync(
        string file, ReplayMode mode, int seed, int sent, int refused, long added, int changed, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            await new AuditWriter(clock).WriteAsync(tx, TenantId.Platform, Actor.System("webhooks replay"), new AuditEntry(
                "webhooks_replayed", "webhook_file", Guid.CreateVersion7(clock.GetUtcNow()), null,
                new
                {
                    fileSha256 = Convert.ToHexStringLower(
                        SHA256.HashData(Encoding.UTF8.GetBytes(file))),
                    mode = Name(mode),
                    seed,
                    sent,
                    refused,
                    added,
                    changed,
                }));
            return 0;
        }, ct);

    private Task SayAsync(FormattableString text) => output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture));

    private Task SayAsync(string text) => output.WriteLineAsync(text);
}
