using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Compliance.Reviews;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Outbox;
using Portal.Foundation.Timers;
using Portal.People;

namespace Portal.Compliance;

/// <summary>
/// Makes, for every tenant, the report of the last week that is over by the tenant's own clock, unless it is there. Run often: a run that
/// is late or doubled makes no difference. Weeks that nothing ran in at all have no report, for nobody counted then. Data that no class
/// declares stops no report: it is said in the report, and an alert is open for as long as it is so.
/// </summary>
public sealed partial class GenerateResidencyReports(
    ResidencyStore store, AuditStore seals, AuditWriter audit, AlertStore alerts, PortalDb db, TimeProvider clock,
    ILogger<GenerateResidencyReports> logger)
{
    private const string AlertKey = "residency";
    private static readonly JsonSerializerOptions Layout = new(
        JsonSerializerDefaults.Web)
    { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="AggregateException">Some tenants have no report; the next run tries again.</exception>
    public async Task<RunCounts> RunAsync(CancellationToken ct)
    {
        var counts = new RunCounts();
        var faults = new List<Exception>();
        var undeclared = DataClasses.Undeclared(await store.TablesAsync(ct));
        await TellAsync(undeclared, ct);
        foreach (var tenant in await store.TenantsAsync(ct))
        {
            try
            {
                var week = LocalWeek.LastOver(clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone));
                if (tenant.CreatedAt < week.End && !await store.HasAsync(tenant.Id, week.Name, ct)
                    && await MakeAsync(tenant, week, undeclared, ct))
                {
                    counts.Add("reports", 1);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e, tenant.Id.Value);
                faults.Add(e);
            }
        }

        return faults.Count == 0 ? counts : throw new AggregateException($"{faults.Count} tenants have no report.", faults);
    }

    private Task TellAsync(IReadOnlyList<string> undeclared, CancellationToken ct) => undeclared.Count == 0
        ? db.AcrossTenantsAsync(tx => alerts.ResolveAsync(tx, AlertKind.DataClassUndeclared, AlertKey), ct)
        : alerts.AddAsync(
            new(
                AlertKind.DataClassUndeclared, AlertKey,
                $"No class of data declares {string.Join(", ", undeclared)}: residency reports leave it out, and say so.",
                new { tables = undeclared }), ct);

    private async Task<bool> MakeAsync(ReportedTenant tenant, LocalWeek week, IReadOnlyList<string> undeclared, CancellationToken ct)
    {
        var seal = await seals.FindLastSealAsync(tenant.Id, ct);
        var videos = await store.CountVideosAsync(tenant.Id, ct);
        var now = clock.GetUtcNow();
        return await db.InTenantAsync(tenant.Id, async tx =>
        {
            var rows = (await store.CountAsync(tx, tenant.Id)).ToDictionary(count => count.Name, StringComparer.Ordinal);
            var own = await store.RetentionAsync(tx, tenant.Id);
            var report = new ResidencyReport(
                ResidencyReport.CurrentFormat, Guid.CreateVersion7(now), tenant.Id.Value, week.Name, tenant.TimeZone, week.Start, week.End,
                now, [.. DataClasses.All.Select(of => Report(of, own, rows))], [.. VendorRegister.All.Select(ReportedProcessor.Of)],
                seal is null ? null : new(seal.Number, Convert.ToHexStringLower(seal.Seal), seal.SealedAt), videos, undeclared);
            var texts = new ReportTexts(JsonSerializer.Serialize(report, Layout), ResidencyHtml.Of(report));
            var stored = new StoredReport(report.Id, week.Name, week.Start, week.End, Hash(texts.Json), Hash(texts.Html), now);
            if (!await store.AddAsync(tx, tenant.Id, stored, texts))
            {
                return false;
            }

            await audit.WriteAsync(tx, tenant.Id, Actor.System("residency"),
                new AuditEntry("residency_report_generated", "residency_report", report.Id, null, new
                {
                    reportId = report.Id,
                    week = week.Name,
                    sha256 = Convert.ToHexStringLower(stored.JsonSha256),
                    htmlSha256 = Convert.ToHexStringLower(stored.HtmlSha256),
                }, EventType.ResidencyReport));
            return true;
        }, ct);
    }

    private static ReportedClass Report(DataClass of, RetentionSettings own, Dictionary<string, RowCount> rows) => new(
        of.Name, of.Classification, of.What, of.Kept(own), of.Holders, DataClasses.Processors.Any(
            p => p.Overseas && of.Holders.Contains(p.Name)),
        [.. of.Counts.Select(name => rows[name])]);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Error, Message = "No residency report could be made for tenant {TenantId}; the next run tries again")]
        public static partial void Failed(ILogger logger, Exception e, Guid tenantId);
    }
}
