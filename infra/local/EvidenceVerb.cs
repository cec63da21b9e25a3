using System.Globalization;
using Portal.Compliance;
using Portal.Compliance.Playback;

namespace Portal.Local;

/// <summary><c>evidence verify &lt;zip&gt;</c>: checks evidence of who was given playback with nothing but the file and, better, the
/// public key from elsewhere.</summary>
internal static class EvidenceVerb
{
    public static async Task<int> RunAsync(LauncherArguments arguments, TextWriter output, CancellationToken ct)
    {
        var keys = PublicKeys.Read(arguments.Keys);
        var verdict = (await ReadAsync(arguments.File!, ct)).Check(keys);
        if (verdict.Evidence is not { } evidence)
        {
            await output.WriteLineAsync(verdict.Fault);
            return 1;
        }

        await PrintAsync(evidence, output);
        foreach (var token in verdict.Altered)
        {
            await output.WriteLineAsync($"NOT AS SEALED: the row of token {token} was altered before this evidence was made.");
        }

        if (keys.Count == 0)
        {
            await output.WriteLineAsync("The signature was checked with the key in the file itself. With --key it proves who signed it.");
        }

        return verdict.Altered.Count == 0 ? 0 : 1;
    }

    private static async Task PrintAsync(PlaybackEvidence evidence, TextWriter output)
    {
        await output.WriteLineAsync(
            $"As signed: share link {evidence.Link.Id} to \"{evidence.Asset.Title}\" of tenant {evidence.TenantId}, made into evidence "
                + $"{Moment(evidence.MadeAt)}.");
        await output.WriteLineAsync(
            $"  {evidence.TokensListed} tokens for {evidence.Viewers.Count} viewers, "
                + $"{evidence.Tokens.Count(t => t.State == TokenState.Sealed)} of them sealed in the audit log.");
        if (evidence.TokensLeftOut > 0)
        {
            await output.WriteLineAsync($"  NOT WHOLE: {evidence.TokensLeftOut} later tokens are not listed.");
        }

        foreach (var viewer in evidence.Viewers)
        {
            await output.WriteLineAsync(
                $"  viewer {viewer.Id}{Name(viewer.UserName ?? viewer.GuestName)}: {viewer.Tokens} tokens, {Moment(viewer.FirstSeenAt)} "
                    + $"to {Moment(viewer.LastSeenAt)}");
        }

        await output.WriteLineAsync($"  {Revocation(evidence.Revocation)}");
        if (evidence.LastTokenExpiresAt is { } last)
        {
            await output.WriteLineAsync($"  The last token of the link expires {Moment(last)}.");
        }

        static string Name(string? name) => name is null ? "" : $" ({name})";
    }

    private static string Revocation(EvidenceRevocation? revocation) => revocation switch
    {
        null => "It was not revoked.",
        { HardRevokedAt: null } => $"It was revoked {Moment(revocation.RevokedAt)}; tokens that were out end with their expiry.",
        { EffectiveAt: { } at, LatencySeconds: { } seconds } => string.Create(
            CultureInfo.InvariantCulture,
            $"It was hard revoked {Moment(revocation.HardRevokedAt.Value)}; Mux had confirmed {Moment(at)}, after {seconds} seconds."),
        _ => $"It was hard revoked {Moment(revocation.HardRevokedAt.Value)}; at Mux: {revocation.AtMux}.",
    };

    private static string Moment(DateTimeOffset at) => AuditSeal.Time(at);

    /// <exception cref="LauncherException">It is no evidence.</exception>
    private static async Task<EvidenceFile> ReadAsync(string path, CancellationToken ct)
    {
        using var bytes = new MemoryStream(await File.ReadAllBytesAsync(path, ct));
        try
        {
            return EvidenceFile.Read(bytes);
        }
        catch (InvalidDataException e)
        {
            throw new LauncherException($"{path} is not a file of playback evidence: {e.Message}");
        }
    }
}
