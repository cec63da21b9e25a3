using System.Text;
using Portal.Compliance;

namespace Portal.Local;

/// <summary><c>audit verify &lt;export&gt;</c>: checks an export of the audit log with nothing but the file and, better, the public key
/// from elsewhere.</summary>
internal static class AuditVerb
{
    public static async Task<int> RunAsync(LauncherArguments arguments, TextWriter output, CancellationToken ct)
    {
        var keys = arguments.Keys.Count == 0 ? null : PublicKeys.Read(arguments.Keys);
        using var file = new StreamReader(arguments.File!, Encoding.UTF8);
        var verdict = await new AuditVerifier(keys).RunAsync(AuditVerifier.LinesAsync(file, ct));
        if (verdict.Fault is { } fault)
        {
            await output.WriteLineAsync($"NOT AS SEALED ({fault.Kind}): {fault.Message}");
            return 1;
        }

        await output.WriteLineAsync(
            $"As sealed: {verdict.Rows} rows under {verdict.Seals} seals of tenant {verdict.TenantId}, {verdict.Playbacks} of them of the "
                + $"playback audit; {verdict.Unsealed} rows are not sealed yet.");
        await output.WriteLineAsync(
            verdict.Range!.IsWhole
                ? "It is the whole log."
                : $"It is a part of the log, from {Moment(verdict.Range.From, "the beginning")} to "
                    + $"{Moment(verdict.Range.To, "the end")}.");
        if (verdict.FirstSeal is { } first)
        {
            await output.WriteLineAsync($"First seal: number {first}, after {(first == 1 ? "none" : verdict.PreviousSeal)}.");
        }

        await output.WriteLineAsync(
            $"Last seal: {verdict.LastSeal ?? "none"}. Compare it with the log of the app: rows cut off at the end leave a chain that "
                + "holds.");
        if (keys is null)
        {
            await output.WriteLineAsync(
                "Signatures were checked with the keys in the export itself. With --key they prove who sealed it.");
        }

        return 0;
    }

    private static string Moment(DateTimeOffset? at, string without) => at is { } time ? AuditSeal.Time(time) : without;
}
