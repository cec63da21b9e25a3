using System.Text.Json.Nodes;

namespace Portal.Tests.Staging.Checks;

/// <summary>
/// The audit log as the portal itself checks it, as an export shows it to whoever does not trust the portal, and a new row in it.
/// </summary>
internal static class AuditCheck
{
    /// <summary>Sealed every minute; a transaction that stays open holds it up.</summary>
    private static readonly TimeSpan SealedWithin = TimeSpan.FromMinutes(3);

    /// <summary>Exports of a tenant are ten a minute.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(StagingRun run)
    {
        var keys = run.Arguments.Keys;
        run.Report.Note(keys.Count > 0
            ? $"Signatures are checked with the keys that were given: {string.Join(", ", keys.Keys)}."
            : "Signatures are checked with the keys of the export itself: it is whole, but not proved who sealed it (--key).");
        await run.AskAsync(
            "the log without a session", run.Anonymous(HttpMethod.Get, "/api/audit/export"), "401",
            answer => answer.Status == 401);
        var own = await run.AskAsync(
            "the portal's own check", await run.AdminAsync(HttpMethod.Get, "/api/audit/verification"), "200, it holds",
            answer => answer.Status == 200 && answer.Text("holds") == "true",
            answer => $"{answer.Told}, {answer.Text("rows")} rows under {answer.Text("seals")} seals "
                + answer.Json?["fault"]?["message"]);
        var began = run.Now;
        var whole = await ExportAsync(run, "an export of all", "");
        run.Report.Add(
            "an export of all", $"as sealed, at least the {own.Text("rows")} rows of the portal's own check", whole.Told,
            whole.Fault is null && whole.Rows >= Count(own, "rows") && whole.Seals >= Count(own, "seals"));

        // The export is an act itself.
        var since = Uri.EscapeDataString(began.AddMinutes(-1).ToString("O"));
        var row = "";
        await run.AskAsync(
            "the row of that export", await run.AdminAsync(HttpMethod.Get, $"/api/audit?action=audit_exported&from={since}"),
            "200, a row of it",
            answer =>
            {
                row = answer.Json?["items"] is JsonArray { Count: > 0 } items ? items[0]!["id"]!.ToString() : "";
                return answer.Status == 200 && row.Length > 0;
            },
            answer => $"{answer.Told}, {(row.Length > 0 ? "one" : "none")}");
        await SealedAsync(run, row, since, began);
    }

    private static async Task SealedAsync(StagingRun run, string row, string since, DateTimeOffset began)
    {
        const string Asked = "that row under a seal";
        while (true)
        {
            await run.WaitAsync(Pause, "for the row to be sealed");
            var chain = await ExportAsync(run, Asked, $"?from={since}");
            var took = run.Now - began;
            if (chain.Fault is not null || chain.Sealed.Contains(row) || took > SealedWithin)
            {
                run.Report.Add(
                    Asked, $"within {SealedWithin.TotalSeconds:0} s, and as sealed", $"{chain.Told}; after {took.TotalSeconds:0} s "
                        + (chain.Sealed.Contains(row) ? "sealed" : "not sealed"),
                    chain.Fault is null && chain.Sealed.Contains(row));
                return;
            }
        }
    }

    private static async Task<AuditChain> ExportAsync(StagingRun run, string asked, string query)
    {
        var chain = new AuditChain(run.Arguments.Keys);
        try
        {
            using var answer = await run.OpenAsync(asked, await run.AdminAsync(HttpMethod.Get, $"/api/audit/export{query}"));
            if (!answer.IsSuccessStatusCode)
            {
                chain.Fail($"{(int)answer.StatusCode}");
                return chain;
            }

            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(run.Stop));
            await chain.ReadAsync(lines, run.Stop);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            chain.Fail($"the answer broke off: {e.Message}");
        }

        return chain;
    }

    private static long Count(PortalAnswer answer, string name) => (long?)answer.Json?[name] ?? long.MaxValue;
}
