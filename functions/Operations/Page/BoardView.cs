using Portal.Operations;

namespace Portal.Functions.Operations.Page;

/// <summary>The overview: what failed, what is stuck, what runs.</summary>
internal static class BoardView
{
    private const int LookEverySeconds = 5;

    public static Html Page(Board board, IReadOnlyList<TimerLook> timers, DateTimeOffset now, string formToken) => OpsLayout.Page(
        "Now",
        Html.Of($"""
            <h1>Now</h1>
            <div data-part="summary">{Summary(board, timers.Count(timer => TimerState.NeedsLook(timer.State)))}</div>
            <div data-part="failed">{Section("failed", "Failed", "In the last 7 days, and not replayed.", board.Failed, board.FailedTotal, now)}</div>
            <div data-part="stuck">{Section("stuck", "Stuck", "Does not get on by itself, or gives reason to think so.", board.Stuck, board.StuckTotal, now)}</div>
            <div data-part="running">{Section("running", "Running", "Nothing to do.", board.Running, board.RunningTotal, now)}</div>
            <div data-part="timers">{TimersView.Section(timers, now)}</div>
            """),
        formToken, LookEverySeconds, "/ops");

    public static Html List(IReadOnlyList<OrchestrationLook> looks, DateTimeOffset now) =>
        Html.Of($"""<ul class="list">{Html.Join(looks.Select(look => Item(look, now)))}</ul>""");

    private static Html Summary(Board board, int timers)
    {
        var calm = board.FailedTotal == 0 && board.StuckTotal == 0 && timers == 0;
        var text = calm
            ? "All is well: nothing failed, nothing is stuck."
            : $"{board.FailedTotal} failed, {board.StuckTotal} stuck{(timers == 0 ? "" : $", {timers} of the timers to look at")}.";
        return Html.Of($"""
            <p class="lead" data-say="{text}">{text}</p>
            <ul class="counts">{Count("failed", "failed", board.FailedTotal)}{Count("stuck", "stuck", board.StuckTotal)}{Count("running", "running", board.RunningTotal)}</ul>
            {(board.Whole ? Html.Empty : Html.Of($"""<p class="notice">There is more than this page reads: the numbers are a lower bound. Use the search.</p>"""))}
            """);
    }

    private static Html Count(string group, string word, int count) =>
        Html.Of($"""<li class="{group}{(count == 0 ? " none" : "")}"><a href="#{group}"><strong>{count}</strong> {word}</a></li>""");

    private static Html Section(string group, string title, string about, IReadOnlyList<OrchestrationLook> looks, int total, DateTimeOffset now) => Html.Of($"""
        <section aria-labelledby="{group}">
        <h2 id="{group}" tabindex="-1">{title} <span class="total">{total}</span></h2>
        <p class="about">{(looks.Count == 0 ? "None." : total > looks.Count ? $"{about} The first {looks.Count} of {total}." : about)}</p>
        {(looks.Count == 0 ? Html.Empty : List(looks, now))}
        </section>
        """);

    private static Html Item(OrchestrationLook look, DateTimeOffset now)
    {
        var upload = look.Upload;
        return Html.Of($"""
            <li class="item {look.Finding.Group}">
            <div class="item-head">
            <a class="item-name" href="/ops/instances/{Uri.EscapeDataString(look.Id)}">{look.Instance?.Name ?? "UploadPipeline"} <span class="id">{look.Id}</span></a>
            {OpsLayout.Pill(look.Finding.Group, OpsLayout.Word(look))}
            </div>
            <p class="item-text">{look.Finding.Text}</p>
            {(upload is { LastError: { Length: > 0 } error } && look.Finding.Group != FindingGroup.Over ? Html.Of($"""<p class="item-error">Last error: {error}</p>""") : Html.Empty)}
            <p class="item-meta">started {OpsLayout.Ago(look.CreatedAt, now)} · last change {OpsLayout.Ago(look.UpdatedAt, now)}{NextRetry(upload, now)}</p>
            </li>
            """);
    }

    private static Html NextRetry(UploadNote? upload, DateTimeOffset now) =>
        upload is { NextRetryAt: { } next } ? Html.Of($" · next try {OpsLayout.Ago(next, now)}") : Html.Empty;
}
