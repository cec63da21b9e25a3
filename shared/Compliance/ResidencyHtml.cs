using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Portal.Foundation;

namespace Portal.Compliance;

/// <summary>A report for people: one page without anything from elsewhere, on a phone, on paper, in the dark.</summary>
public static class ResidencyHtml
{
    private const string Style = """

        :root { color-scheme: light dark; --ground: #f5f6f8; --card: #fff; --line: #dfe3e8; --text: #1c232b; --soft: #59636e; --mark: #8a5a00; --mark-soft: #fdf1d8; --good: #2d6a47; --good-soft: #e2f2e8; }
        @media (prefers-color-scheme: dark) { :root { --ground: #12161b; --card: #1a2027; --line: #2c343e; --text: #e6eaef; --soft: #a2adb9; --mark: #eab756; --mark-soft: #392b10; --good: #7fcfa0; --good-soft: #17342a; } }
        *, *::before, *::after { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 2.5rem) 4rem; }
        h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
        h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.01em; }
        h2 { font-size: 1.125rem; margin: 2.25rem 0 0.75rem; }
        h3 { font-size: 1rem; }
        .lead { color: var(--soft); margin-top: 0.375rem; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 0.75rem; margin-top: 1.25rem; }
        .facts div, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 0.875rem 1.125rem; break-inside: avoid; }
        .card + .card { margin-top: 0.75rem; }
        dt, .soft { color: var(--soft); font-size: 0.8125rem; }
        .facts dd { overflow-wrap: anywhere; }
        .head { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: baseline; }
        .pill { border-radius: 999px; padding: 0 0.625rem; font-size: 0.8125rem; font-weight: 600; background: var(--good-soft); color: var(--good); }
        .pill.out { background: var(--mark-soft); color: var(--mark); }
        .pill.class { background: var(--line); color: var(--text); }
        .counts { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin-top: 0.5rem; font-variant-numeric: tabular-nums; }
        .places { list-style: none; font-variant-numeric: tabular-nums; }
        .fault { border-color: var(--mark); margin-top: 1.25rem; }
        .fault h2 { margin-top: 0; color: var(--mark); }
        code { font: 0.8125rem/1.5 ui-monospace, "Cascadia Code", "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
        footer { margin-top: 2.25rem; color: var(--soft); font-size: 0.875rem; }
        @media print { body { background: #fff; font-size: 11pt; } main { max-width: none; padding: 0; } .facts div, .card { border-color: #bbb; } }

        """;

    /// <summary>What a page with this style may do, and nothing else: no script, no form, nothing fetched, no frame around it.</summary>
    public static string Policy { get; } =
        $"sandbox; default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static string Of(ResidencyReport report)
    {
        var abroad = report.Processors.Where(p => p.Overseas).Select(p => p.Name).ToList();
        return $"""
            <!doctype html>
            <html lang="en-AU">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Data residency, week {Html.Encode(report.Week)}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>Data residency report</h1>
            <p class="lead">Week {Html.Encode(report.Week)}. Where this organisation’s data is kept, by whom, and how much of it there is. The database and the application are in Sydney; {Html.Encode(string.Join(", ", abroad[..^1]))} and {Html.Encode(abroad[^1])} are overseas.</p>
            <dl class="facts">
            {Fact("Period", Period(report))}
            {Fact("Generated", $"{report.GeneratedAt.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC")}
            {Fact("Organisation", report.TenantId.ToString())}
            {Fact("Report", report.Id.ToString())}
            </dl>
            {Undeclared(report.Undeclared)}
            {(report.Videos is { } videos ? Videos(videos) : "")}
            <h2>Data classes</h2>
            {string.Concat(report.Classes.Select(Class))}
            <h2>Subprocessors</h2>
            {string.Concat(report.Processors.Select(Processor))}
            <h2>Audit log</h2>
            <div class="card">{Seal(report.AuditSeal)}</div>
            <footer><p>This page is kept as it was generated. The SHA-256 of its bytes is in the audit log entry <code>residency_report_generated</code>; the counts are those of the moment it was generated.</p></footer>
            </main>
            </body>
            </html>

            """;
    }

    private static string Class(ReportedClass of) => $"""
        <section class="card">
        <div class="head"><h3>{Html.Encode(of.Name)}</h3><span class="pill class">{Html.Encode(of.Classification)}</span>{Place(of.Overseas, "Partly overseas")}</div>
        <p>{Html.Encode(of.What)}.</p>
        <p class="soft">Kept: {Html.Encode(of.Kept)}. Held by: {Html.Encode(string.Join(", ", of.Holders))}.</p>
        {(of.Counts.Count == 0 ? "" : $"<ul class=\"counts\">{string.Concat(of.Counts.Select(Count))}</ul>")}
        </section>

        """;

    private static string Undeclared(IReadOnlyList<string>? tables) => tables is null or [] ? "" : $"""
        <section class="card fault"><h2>This report is not complete</h2>
        <p>No class of data declares what is in {Html.Encode(string.Join(", ", tables))}: where that is kept, by whom and how much of it there is, this report does not say.</p>
        </section>

        """;

    private static string Videos(IReadOnlyList<VideoCount> videos) => $"""
        <h2>Where the videos are</h2>
        <section class="card">
        <ul class="places">{string.Concat(videos.Select(Video))}</ul>
        <p class="soft">Counted are versions of videos. The bytes are those of the originals as they were uploaded: what Mux makes of one, it does not say.</p>
        </section>

        """;

    private static string Video(VideoCount of) =>
        $"<li><strong>{Number(of.Videos)}</strong> {VideoWords(of.Place)} <span class=\"soft\">{Number(of.Bytes)} bytes</span></li>";

    /// <summary>A place, said after a number of videos.</summary>
    internal static string VideoWords(string place) => place switch
    {
        VideoPlace.Original => "in Sydney only (originals at Vercel Blob)",
        VideoPlace.Mux => "at Mux only",
        VideoPlace.Both => "in Sydney and at Mux",
        VideoPlace.Moving => "on the way, not all there yet",
        _ => "nowhere: deleted, or never arrived",
    };

    private static string Processor(ReportedProcessor by) => $"""
        <section class="card">
        <div class="head"><h3>{Html.Encode(by.Name)}</h3>{Place(by.Overseas, "Overseas")}</div>
        <p>{Html.Encode(by.Purpose)}. {Html.Encode(by.Region)}.</p>
        <p class="soft">Receives: {Html.Encode(by.Receives)}.{Promised(by)}</p>
        </section>

        """;

    private static string Promised(ReportedProcessor by) => by is { DataClasses: { } classes, Agreement: { } agreement }
        ? $" Classes: {Html.Encode(string.Join(", ", classes))}. Agreement: {Html.Encode(agreement)}."
        : "";

    private static string Seal(ReportedSeal? seal) => seal is null
        ? "<p>Nothing was sealed yet.</p>"
        : $"<p>Current seal: number {Number(seal.Number)}, of "
            + $"{Html.Encode(seal.SealedAt.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture))} "
            + $"UTC.</p><p><code>{Html.Encode(seal.Seal)}</code></p><p class=\"soft\">Whoever holds this report can tell whether entries from "
            + "before it were changed or removed since.</p>";

    private static string Place(bool overseas, string words) =>
        overseas ? $"<span class=\"pill out\">{words}</span>" : "<span class=\"pill\">In Australia</span>";

    private static string Count(RowCount count) =>
        $"<li><span class=\"soft\">{Html.Encode(count.Name.Replace('_', ' '))}</span> {Number(count.Rows)}</li>";

    private static string Fact(string name, string value) => $"<div><dt>{name}</dt><dd>{Html.Encode(value)}</dd></div>\n";

    internal static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Period(ResidencyReport report) =>
        $"{Local(report.PeriodStart, report.TimeZone)} to {Local(report.PeriodEnd, report.TimeZone)} ({report.TimeZone})";

    private static string Local(DateTimeOffset time, string zone) =>
        TimeZoneInfo.ConvertTime(time, TimeZoneInfo.FindSystemTimeZoneById(zone)).ToString(
            "dddd d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
}
