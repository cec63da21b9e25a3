using Portal.Events.Deliveries;
using Portal.Foundation;
using Portal.Foundation.Webhooks;
using Portal.Operations;
using Portal.Operations.Alerts;

namespace Portal.Functions.Operations.Page;

/// <summary>Webhooks, events and deliveries on their way, as a part of the overview. What was given up is tried again from here.</summary>
internal static class QueuesView
{
    public static Html Section(Queues queues, DateTimeOffset now, string formToken)
    {
        var givenUp = queues.Dead.Count + queues.Failed.Count;
        return Html.Of($"""
            <section aria-labelledby="queues">
            <h2 id="queues" tabindex="-1">Queues <span class="total">{queues.Waiting.Where(IsUnderWay).Sum(one => one.Depth)}</span></h2>
            <p class="about">{(queues.Waiting.Count == 0 ? "Nothing waits." : "What waits, and since when the oldest.")} What to do: {Runbooks.OfQueues()}.</p>
            {(queues.Waiting.Count == 0 ? Html.Empty : Html.Of($"""<ul class="list queues">{Html.Join(queues.Waiting.Select(one => Item(one, now)))}</ul>"""))}
            {(givenUp == 0 ? Html.Empty : Html.Of($"""<details id="given-up"><summary>Given up: the newest {givenUp}</summary><ul class="list queues">{Html.Join(queues.Dead.Select(one => Dead(one, now, formToken)))}{Html.Join(queues.Failed.Select(one => Failed(one, now, formToken)))}</ul></details>"""))}
            </section>
            """);
    }

    private static bool IsUnderWay(Backlog one) => one.What is "inbox" or "outbox" or "sending";

    private static Html Item(Backlog one, DateTimeOffset now)
    {
        var late = BacklogRules.Of(one, now) is not null;
        var group = late ? "failed" : one.What is "dead" or "failed" ? "stuck" : "running";
        return Html.Of($"""
            <li class="item {group}">
            <div class="item-head"><span class="item-name">{Name(one)} <span class="id">{one.Part}</span></span>{OpsLayout.Pill(group, State(one, late))}</div>
            <p class="item-text">{one.Depth} {Doing(one)}, the oldest {OpsLayout.Ago(one.Oldest, now)}.</p>
            </li>
            """);
    }

    private static string State(Backlog one, bool late) => one.What switch
    {
        _ when late => "too many or too old",
        "dead" => "given up",
        "failed" => "failed",
        _ => "not late",
    };

    private static string Name(Backlog one) => one.What switch
    {
        "inbox" or "dead" => "Webhooks",
        "outbox" => "Outbox",
        "engine" => "Orchestrations",
        _ => "Deliveries",
    };

    private static string Doing(Backlog one) => one.What switch
    {
        "inbox" => "due",
        "outbox" => "to be dispatched",
        "sending" => "not done",
        "engine" => "to go on by now",
        "dead" => "given up",
        _ => "failed within an hour",
    };

    private static Html Dead(WebhookNote webhook, DateTimeOffset now, string formToken) => GivenUp(
        $"{webhook.Provider}-{webhook.EventId}", $"{webhook.Provider} {webhook.Type}", webhook.EventId, webhook.LastError,
        OpsLayout.Ago(webhook.ReceivedAt, now), Html.Of($"""
            <input type="hidden" name="what" value="webhook"><input type="hidden" name="provider" value="{webhook.Provider}"><input type="hidden" name="id" value="{webhook.EventId}">
            """), "Replay webhook", formToken);

    private static Html Failed(DeliveryNote delivery, DateTimeOffset now, string formToken) => GivenUp(
        $"{delivery.Id}", $"{delivery.Channel} of {delivery.EventType}", $"{delivery.Id}", delivery.Reason ?? delivery.LastError,
        OpsLayout.Ago(delivery.DoneAt ?? delivery.CreatedAt, now), Html.Of($"""
            <input type="hidden" name="what" value="delivery"><input type="hidden" name="id" value="{delivery.Id}">
            """), "Retry delivery", formToken);

    private static Html GivenUp(
        string key, string name, string id, string? why, Html ago, Html fields, string act, string formToken) => Html.Of($"""
        <li class="item failed">
        <p class="item-name">{name} <span class="id">{id}</span></p>
        <p class="item-text">{why}</p>
        <p class="item-meta">{ago}</p>
        <details id="again-{key}"><summary>Try it again</summary>
        <form method="post" action="/ops/queues" class="search">{OpsLayout.FormToken(formToken)}{fields}
        <label>Why <input name="reason" required maxlength="500"></label>
        <button>{act}</button></form></details>
        </li>
        """);
}
