using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Compliance;
using Portal.Compliance.Playback;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>What tests of the playback audit do over and over.</summary>
internal static class EvidenceCalls
{
    public static string Id(JsonNode row) => row["id"]!.ToString();

    public static DateTimeOffset Time(JsonNode row, string name) =>
        DateTimeOffset.Parse(row[name]!.ToString(), CultureInfo.InvariantCulture);

    public static string Text(DateTimeOffset at) => Uri.EscapeDataString(at.ToString("O"));

    /// <summary>What a file says, when its signature is good.</summary>
    public static PlaybackEvidence Read(EvidenceFile file)
    {
        var verdict = file.Check(new Dictionary<string, byte[]>());
        Assert.Null(verdict.Fault);
        return verdict.Evidence!;
    }

    public static Task<AuditVerdict> VerdictAsync(IEnumerable<string> lines) => new AuditVerifier(null).RunAsync(
        lines.Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l)).ToAsyncEnumerable());

    public static void Tick(this TestPortal portal, double seconds = 1) => portal.Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>The first asset, made once for a class, and its project.</summary>
    public static async Task<(Guid Asset, Guid Project)> SharedVideoAsync(this TestPortal portal)
    {
        if (await portal.ScalarAsync<long>("select count(*) from portal.assets") == 0)
        {
            await portal.UploadReadyAsync(await portal.NewProjectAsync(), bytes: Mp4Sample.Clip());
        }

        return (await portal.ScalarAsync<Guid>("select id from portal.assets order by created_at limit 1"),
            await portal.ScalarAsync<Guid>("select project_id from portal.assets order by created_at limit 1"));
    }

    /// <summary>An export of the whole log, and what a check of it finds.</summary>
    public static async Task<(List<string> Lines, AuditVerdict Verdict)> CheckExportAsync(this TestPortal portal)
    {
        await portal.ForgetReadsAsync();
        var answer = (await portal.As("compliance").FetchAsync("/api/audit/export")).Expect(200);
        List<string> lines = [.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        return (lines, await VerdictAsync(lines));
    }

    public static async Task<IReadOnlyList<JsonNode>> PlaybackAsync(this TestPortal portal, string query) =>
    [
        .. (await portal.As("compliance").FetchAsync($"/api/playback-audit{query}")).Expect(200)
            .Field("items").AsArray().OfType<JsonNode>()
    ];

    public static async Task<EvidenceFile> EvidenceAsync(this TestPortal portal, Guid link, string query = "") =>
        (await portal.DownloadEvidenceAsync("compliance", link, query)).File;

    public static async Task<(EvidenceFile File, HttpResponseMessage Response)> DownloadEvidenceAsync(
        this TestPortal portal, string person, Guid link, string query = "")
    {
        await portal.ForgetReadsAsync();
        var response = await portal.As(person).GetAsync(new Uri($"/api/share-links/{link}/evidence{query}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var bytes = new MemoryStream(await response.Content.ReadAsByteArrayAsync());
        return (EvidenceFile.Read(bytes), response);
    }

    public static async Task<HttpResponseMessage> HeadAsync(this TestPortal portal, string person, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(path, UriKind.Relative));
        return await portal.As(person).SendAsync(request);
    }

    /// <summary>Seals all rows at once. Other databases of this server may have transactions open, which hold sealing back.</summary>
    public static async Task SealAllAsync(this TestPortal portal)
    {
        await Eventually.TrueAsync(
            () => portal.ScalarAsync<bool>("""
                select not exists (
                   select from (select written_in from portal.audit_log union all select written_in from portal.playback_audit) r
                    where r.written_in >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset())
                """),
            "transactions that are older than the rows to be over");
        await portal.Host.RunTimerAsync("SealAudit");
    }

    /// <summary>The limit of exports and evidence a minute is what one test is about.</summary>
    private static Task ForgetReadsAsync(this TestPortal portal) =>
        portal.DoAsync("delete from portal.rate_windows where key like 'audit:%'");
}
