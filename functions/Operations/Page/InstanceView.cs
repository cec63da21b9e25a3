using Portal.Foundation;
using Portal.Operations.Orchestrations;
using Portal.Videos.Uploads;

namespace Portal.Functions.Operations.Page;

/// <summary>What became of an act: done (no fault), or why it was not, with the reason as it was typed.</summary>
internal sealed record ActNotice(string Act, string Reason, string? Fault)
{
    /// <param name="done">What to say of an act that is done.</param>
    public static Html Of(ActNotice? notice, Func<string, string> done) => notice switch
    {
        null => Html.Empty,
        { Fault: { } fault } => Html.Of($"""<p class="notice bad" id="fault" role="alert">{fault}</p>"""),
        _ => Html.Of($"""<p class="notice good" role="status">{done(notice.Act)}</p>"""),
    };
}

/// <summary>One orchestration, opened: what to make of it, its timeline, what can be done.</summary>
internal static class InstanceView
{
    private const int LookEverySeconds = 2;

    public static Html Page(OrchestrationLook look, Timeline timeline, ActNotice? notice, DateTimeOffset now, string formToken)
    {
        var live = look.Instance is { IsOver: false };
        var name = look.Instance?.Name ?? "UploadPipeline";
        var state = $"{OpsLayout.Word(look)}: {look.Diagnosis.Text}";
        return OpsLayout.Page($"{name} {look.Id}", Html.Of($"""
            <p class="crumbs"><a href="/ops">Now</a> / orchestration</p>
            <h1>{name}</h1>
            <p class="id">{look.Id}</p>
            {ActNotice.Of(notice, Asked)}
            <div class="diagnosis {look.Diagnosis.Group}" data-part="diagnosis" data-say="{state}">
            {OpsLayout.Pill(look.Diagnosis.Group, OpsLayout.Word(look))}
            <p>{look.Diagnosis.Text}</p>
            </div>
            <div data-part="todo">{(Runbooks.Of(look) is var todo && todo == Html.Empty ? todo : Html.Of($"""<p class="todo">What to do: {todo}.</p>"""))}</div>
            <div class="columns">
            <section aria-labelledby="timeline" data-part="timeline">
            <h2 id="timeline">Timeline</h2>
            {TimelineView.Of(timeline, live, now)}
            </section>
            <div>
            <section aria-labelledby="acts" data-part="acts">
            <h2 id="acts">What you can do</h2>
            {Acts(look, notice, formToken)}
            </section>
            <section aria-labelledby="facts" data-part="facts">
            <h2 id="facts">Facts</h2>
            <dl class="facts">{Facts(look, now)}</dl>
            </section>
            </div>
            </div>
            """), formToken, live ? LookEverySeconds : null);
    }

    private static string Asked(string act) => act switch
    {
        OrchestrationAct.Replay => "Replayed: this is what carries it now.",
        OrchestrationAct.Rewind => "Rewound: what failed is done again.",
        OrchestrationAct.Terminate => "Terminated.",
        OrchestrationAct.Suspend => "Suspended: what comes for it is kept until it is resumed.",
        _ => "Resumed.",
    };

    private static Html Facts(OrchestrationLook look, DateTimeOffset now)
    {
        static Html Fact(string name, Html value) => Html.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");
        static Html Text(string name, string? value) => string.IsNullOrEmpty(value) ? Html.Empty : Fact(name, Html.Of($"{value}"));
        static Html Id(string name, string value) => Fact(name, Html.Of($"""<span class="id">{value}</span>"""));
        var facts = new List<Html>
        {
            Fact("Started", Html.Of($"{OpsLayout.Time(look.CreatedAt)} <span class=\"soft\">{OpsLayout.Ago(look.CreatedAt, now)}</span>")),
            Fact(
                "Last change", Html.Of(
                    $"{OpsLayout.Time(look.UpdatedAt)} <span class=\"soft\">{OpsLayout.Ago(look.UpdatedAt, now)}</span>")),
            Text("Orchestration", look.Instance?.Status ?? "Durable has none"),
        };
        if (look.Upload is { } upload)
        {
            facts.AddRange([
                Text("Upload", upload.Status),
                Text("Attempt", upload.IsCurrent ? $"{upload.Attempt}" : $"{upload.Attempt}; {upload.CurrentAttempt} is the current one"),
                Text("Source", upload.Source),
                upload.Attempts > 0 ? Text("Failed attempts", $"{upload.Attempts}") : Html.Empty,
                Text("Last error", upload.LastError),
                upload.NextRetryAt is { } next
                    ? Fact("Next try", Html.Of($"{OpsLayout.Time(next)} <span class=\"soft\">{OpsLayout.Ago(next, now)}</span>"))
                    : Html.Empty,
                Text("Failure", upload.FailureCode),
                Id("Upload job", upload.JobId.ToString()),
                Id("Tenant", upload.TenantId.ToString()),
            ]);
        }

        return Html.Join(facts);
    }

    private static Html Acts(OrchestrationLook look, ActNotice? notice, string formToken)
    {
        var possible = OrchestrationAct.PossibleFor(look.Instance, look.Upload);
        if (possible.Count == 0)
        {
            return Html.Of(
                $"""<p class="about">Nothing: it is over.{(look.Upload is { IsCurrent: false } u ? Newer(u) : Html.Empty)}</p>""");
        }

        var path = $"/ops/instances/{Uri.EscapeDataString(look.Id)}";
        var fault = notice?.Fault is not null;
        return Html.Of($"""
            <form method="post" action="{path}/{possible[0]}" class="acts">
            {OpsLayout.FormToken(formToken)}
            <label for="reason">Reason</label>
            <textarea id="reason" name="reason" rows="3" maxlength="500" required aria-describedby="{(fault ? "fault reason-use" : "reason-use")}"{(fault ? Html.Of($""" aria-invalid="true" """) : Html.Empty)}>{notice?.Reason}</textarea>
            <p class="about" id="reason-use">Goes into the audit log with your id. No names, no titles.</p>
            <ul class="buttons">{Html.Join(possible.Select(act => Html.Of($"""
                <li><button formaction="{path}/{act}" class="{Weight(act)}" aria-describedby="about-{act}">{Button(act)}</button><span id="about-{act}">{About(act, look)}</span></li>
                """)))}</ul>
            </form>
            """);
    }

    private static Html Newer(UploadNote upload) => Html.Of(
        $""" <a href="/ops/instances/{UploadRef.InstanceIdOf(upload.JobId, upload.CurrentAttempt)}">Attempt {upload.CurrentAttempt}</a> is the current one.""");

    private static string Button(string act) => char.ToUpperInvariant(act[0]) + act[1..];

    /// <summary>What mends stands out; resting is neither that nor the end.</summary>
    private static string Weight(string act) => act switch
    {
        OrchestrationAct.Terminate => "danger",
        OrchestrationAct.Suspend => "",
        _ => "primary",
    };

    private static string About(string act, OrchestrationLook look) => act switch
    {
        OrchestrationAct.Replay when UploadStatus.IsFinal(look.Upload!.Status) => look.Upload.Source == UploadSource.Blob
            ? "Starts the next attempt with the stored original."
            : "Starts the next attempt and asks the uploader for the file.",
        OrchestrationAct.Replay => "Starts the same orchestration again; the upload stays in its attempt.",
        OrchestrationAct.Rewind => "Goes on from before the failure: calls that failed are made again, those that succeeded are not.",
        OrchestrationAct.Suspend => "Lets it rest. What comes for it is kept.",
        OrchestrationAct.Resume => "Lets it go on.",
        _ => "Ends it at once. The upload stays as it is, and nothing carries it until you replay it.",
    };
}
