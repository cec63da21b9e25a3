using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Playback;

/// <summary>
/// Makes evidence of who was given playback through a share link, signs it with the key of the audit log, and notes in the log that it was
/// made, with the hash of what was signed. Each token is compared with what was sealed of it.
/// </summary>
public sealed class MakeEvidence(PortalDb db, AuditKeys keys, AuditWriter audit, TimeProvider clock)
{
    /// <summary>Tokens in a file at most; how many there are besides is said in it.</summary>
    public const int MostTokens = 10_000;

    /// <summary>Null: the tenant has no such link.</summary>
    public async Task<EvidenceFile?> RunAsync(Caller caller, Guid link, DateTimeOffset? from, DateTimeOffset? to, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var evidence = await db.InTenantAsync(caller.Tenant, tx => ReadAsync(tx, caller, link, from, to, now), ct);
        if (evidence is null)
        {
            return null;
        }

        var bytes = evidence.ToBytes();
        var file = EvidenceFile.Make(bytes, keys, now);
        await db.InTenantAsync(caller.Tenant, async tx =>
        {
            await audit.WriteAsync(tx, caller.Tenant, Actor.From(caller), new AuditEntry(
                "playback_evidence_made", "share_link", link, null,
                new { from, to, tokens = evidence.TokensListed, sha256 = file.Sha256 }));
            return true;
        }, ct);
        return file;
    }

    public Task<bool> IsLinkAsync(TenantId tenant, Guid link, CancellationToken ct) => db.InTenantAsync(
        tenant, async tx => await EvidenceStore.FindLinkAsync(tx, tenant, link, clock.GetUtcNow()) is not null, ct);

    private static async Task<PlaybackEvidence?> ReadAsync(
        Tx tx, Caller caller, Guid id, DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now)
    {
        var tenant = caller.Tenant;
        if (await EvidenceStore.FindLinkAsync(tx, tenant, id, now) is not { } link)
        {
            return null;
        }

        var guests = await EvidenceStore.GuestsAsync(tx, tenant, id);
        var count = await EvidenceStore.CountAsync(tx, tenant, id, from, to);
        var rows = await EvidenceStore.TokensAsync(tx, tenant, id, from, to, MostTokens);
        var viewers = await EvidenceStore.ViewersAsync(tx, tenant, [.. rows.Select(r => r.ViewerId).OfType<Guid>().Distinct()]);
        var versions = await EvidenceStore.VersionsAsync(tx, tenant, [.. rows.Select(r => r.AssetVersionId).Distinct()]);
        var removals = link.HardRevokedAt is null ? [] : await EvidenceStore.RemovalsAsync(tx, tenant, link);
        var ofVersion = rows.CountBy(r => r.AssetVersionId).ToDictionary();
        var ofViewer = rows.Where(r => r.ViewerId is not null).CountBy(r => r.ViewerId!.Value).ToDictionary();
        return new(
            PlaybackEvidence.TypeName, PlaybackEvidence.CurrentFormat, tenant.Value, now, caller.User.Value, from, to,
            new(
                link.Id, link.ProjectId, link.Label, link.Status, link.CreatedAt, link.CreatedById, link.CreatedByName, link.ExpiresAt,
                link.AssetVersionId, link.AllowDownload, link.RequireSignIn, link.HasPassphrase, link.MaxOpens, link.Opens, guests),
            new(link.AssetId, link.Title),
            [.. versions.Select(v => new EvidenceVersion(v.Id, v.Number, v.FileName, ofVersion[v.Id]))],
            RevocationOf(link, removals), count.LastExpiresAt, rows.Count, count.Listed - rows.Count,
            [.. viewers.Select(v => new EvidenceViewer(
                v.Id, v.UserId, v.UserName, v.GuestName, v.AgentFamily, v.FirstSeenAt, v.LastSeenAt, v.Minted, ofViewer[v.Id]))],
            [.. rows.Select(r => TokenOf(r, tenant.Value))]);
    }

    private static EvidenceRevocation? RevocationOf(LinkFacts link, IReadOnlyList<RemovalRow> removals)
    {
        if (link.RevokedAt is not { } revoked)
        {
            return null;
        }

        var state = link.HardRevokedAt is null ? RevokedAtMux.NotAsked
            : removals.Count == 0 ? RevokedAtMux.NothingToEnd
            : removals.Any(r => r.Outcome == "refused") ? RevokedAtMux.Refused
            : removals.Any(r => r.DoneAt is null) ? RevokedAtMux.Waiting
            : RevokedAtMux.Effective;
        var effective = state == RevokedAtMux.Effective ? removals.Max(r => r.DoneAt) : null;
        return new(
            revoked, link.RevokedById, link.RevokedByName, link.HardRevokedAt, state, effective, Latency(effective),
            [.. removals.Select(r =>
            {
                var confirmed = r.Outcome == "done" ? r.DoneAt : null;
                return new EvidenceRemoval(r.AssetVersionId, r.AskedAt, confirmed, r.Outcome, Latency(confirmed));
            })]);

        double? Latency(DateTimeOffset? end) => end is { } at ? (at - link.HardRevokedAt!.Value).TotalSeconds : null;
    }

    private static EvidenceToken TokenOf(TokenRow row, Guid tenant)
    {
        var known = (row.Seal is null ? row.RowHash : row.SealedHash) is { } hash ? Convert.ToHexStringLower(hash) : null;
        var token = new EvidenceToken(
            row.Id, row.AssetVersionId, row.ShareLinkId, row.ViewerId, row.IpHash, row.AgentFamily, row.RequestId, row.MintedAt,
            row.TokenExpiresAt, known, row.Seal, TokenState.Sealed);
        return token with
        {
            State = row.WrittenIn is null ? TokenState.NeverSealed
                : PlaybackEvidence.HashOf(token, tenant) != known ? TokenState.Altered
                : row.Seal is null ? TokenState.NotYetSealed
                : TokenState.Sealed,
        };
    }
}
