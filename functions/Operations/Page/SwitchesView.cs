using System.Globalization;
using Portal.Foundation;
using Portal.Foundation.Outages;

namespace Portal.Functions.Operations.Page;

/// <summary>Switches and circuits, as a part of the overview.</summary>
internal static class SwitchesView
{
    /// <summary>Minutes that the form offers; more, and exact ends, are the API's.</summary>
    public static IReadOnlyList<(int Minutes, string Words)> Spans { get; } =
        [(15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day")];

    public static Html Section(OutageState state, DateTimeOffset now, string formToken)
    {
        var on = state.Switches.Where(each => each.IsOn(now)).ToList();
        var open = state.Circuits.Where(each => each.IsOpen(now)).ToList();
        return Html.Of($"""
            <section aria-labelledby="switches">
            <h2 id="switches" tabindex="-1">Switches <span class="total">{on.Count}</span></h2>
            <p class="about">{(on.Count == 0 ? "Nothing is switched off." : "Switched off until somebody ends it, or its time is over.")}</p>
            {(on.Count + open.Count == 0 ? Html.Empty : Html.Of($"""<ul class="list switches">{Html.Join(on.Select(each => Item(each, now, formToken)))}{Html.Join(open.Select(each => Item(each, now)))}</ul>"""))}
            <details><summary>Switch something off</summary>{Form(formToken)}</details>
            </section>
            """);
    }

    private static Html Item(Switch set, DateTimeOffset now, string formToken) => Html.Of($"""
        <li class="item stuck">
        <div class="item-head"><span class="item-name">{set.Target}</span>{OpsLayout.Pill("stuck", "off")}</div>
        <p class="item-text">{set.Reason}</p>
        <p class="item-meta">ends {OpsLayout.Ago(set.Until, now)} · set {OpsLayout.Ago(set.SetAt, now)} by <span class="id">{set.SetBy}</span></p>
        <form method="post" action="/ops/switches" class="search">{OpsLayout.FormToken(formToken)}
        <input type="hidden" name="act" value="clear"><input type="hidden" name="target" value="{set.Target}">
        <label>Why it works again <input name="reason" required maxlength="500"></label>
        <button>End {set.Target}</button></form>
        </li>
        """);

    private static Html Item(OpenCircuit circuit, DateTimeOffset now) => Html.Of($"""
        <li class="item failed">
        <div class="item-head"><span class="item-name">{circuit.Vendor}</span>{OpsLayout.Pill("failed", "circuit open")}</div>
        <p class="item-text">Its calls fail: it is left alone for seconds, then one call finds out. What waits for it goes on by itself.</p>
        <p class="item-meta">since {OpsLayout.Ago(circuit.OpenedAt, now)} · What to do: {Runbooks.OfVendors()}.</p>
        </li>
        """);

    private static Html Form(string formToken) => Html.Of($"""
        <form method="post" action="/ops/switches" class="search">{OpsLayout.FormToken(formToken)}
        <input type="hidden" name="act" value="set">
        <label>What <select name="target">{Html.Join(SwitchTarget.All.Select(target => Option(target, target)))}</select></label>
        <label>For <select name="minutes">{Html.Join(Spans.Select(span => Option(span.Minutes.ToString(CultureInfo.InvariantCulture), span.Words)))}</select></label>
        <label>Why <input name="reason" required maxlength="500"></label>
        <button class="danger">Switch off</button></form>
        """);

    private static Html Option(string value, string words) => Html.Of($"""<option value="{value}">{words}</option>""");
}
