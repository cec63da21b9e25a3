using System.Security.Cryptography;
using System.Text;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Videos.Uploads;

namespace Portal.Operations.Orchestrations;

/// <summary>What an Operator can do to an orchestration.</summary>
public static class OrchestrationAct
{
    /// <summary>The upload again in its next attempt; or, when the upload is unfinished and its orchestration over, the orchestration
    /// again.</summary>
    public const string Replay = "replay";

    /// <summary>One that failed goes on from before its failure: calls that failed are made again, those that succeeded are not.</summary>
    public const string Rewind = "rewind";
    public const string Terminate = "terminate";
    public const string Suspend = "suspend";
    public const string Resume = "resume";

    public static IReadOnlyList<string> All { get; } = [Replay, Rewind, Suspend, Resume, Terminate];

    /// <summary>The acts that make sense now. Durable has the last word.</summary>
    public static IReadOnlyList<string> PossibleFor(OrchestrationInstance? instance, UploadNote? upload) =>
        [.. All.Where(act => act switch
        {
            Replay => upload is { IsCurrent: true } && (upload.Status is UploadStatus.Failed or UploadStatus.TimedOut
                || (!UploadStatus.IsFinal(upload.Status) && instance is { IsOver: true })),
            // What carries an upload no more has nothing to go on with.
            Rewind => instance?.Status == RuntimeStatus.Failed
                && (upload is null || (upload.IsCurrent && !UploadStatus.IsFinal(upload.Status))),
            Terminate => instance is { IsOver: false },
            Suspend => instance?.Status is RuntimeStatus.Running or RuntimeStatus.Pending,
            _ => instance?.Status == RuntimeStatus.Suspended,
        })];
}

/// <summary>What was asked of an orchestration.</summary>
/// <param name="InstanceId">The instance to look at now: a replay has a new one.</param>
public sealed record OrchestrationOperated(string Act, string InstanceId);

/// <summary>
/// Acts of Operators on orchestrations, each audited with its reason. Durable is not in our transaction, so the audit row comes first: an
/// act without a record must not be, a record of an act that Durable then refused is followed by one that says so. The reason goes to the
/// audit log alone; Durable's history, which no erasure reaches, is given the request id that the audit row carries too.
/// </summary>
public sealed class OrchestrationCommands(
    PortalDb db, DurableManagement durable, UploadNoteQuery notes, UploadProgressStore progress, ReplayUpload replays, AuditWriter audit)
{
    /// <summary>What Durable's history shows in place of a reason, before the request id.</summary>
    public const string Reference = "operator:";

    /// <summary>Refused (<c>orchestration-act-refused</c>) when it is in no state for that.</summary>
    public async Task<Result<OrchestrationOperated>> RunAsync(
        Operator person, string id, string act, string reason, IUploadPipelines pipelines, CancellationToken ct)
    {
        var instance = await durable.FindAsync(id, history: false, ct);
        var upload = (await notes.OfAsync([id], ct)).GetValueOrDefault(id);
        if (instance is null && upload is null)
        {
            return new Refusal.NotFound("orchestration");
        }

        if (!OrchestrationAct.PossibleFor(instance, upload).Contains(act))
        {
            return Refused(WhyNot(act, instance, upload));
        }

        return act == OrchestrationAct.Replay && UploadStatus.IsFinal(upload!.Status)
            ? await ReplayAsync(person, upload, reason, pipelines, ct)
            : await ActAsync(person, instance!, upload, act, reason, ct);
    }

    private static Refusal.Conflict Refused(string detail) => new("orchestration-act-refused", detail);

    private async Task<Result<OrchestrationOperated>> ReplayAsync(
        Operator person, UploadNote upload, string reason, IUploadPipelines pipelines, CancellationToken ct)
    {
        var replayed = await replays.RunAsync(person, upload.JobId, reason, ct);
        if (replayed.IsRefused(out var why, out var job))
        {
            return why is Refusal.Conflict conflict ? Refused(conflict.Detail) : new Refusal.NotFound("orchestration");
        }

        await pipelines.StartAsync(job.Ref, ct);
        await progress.MarkStartedAsync(job.Ref, ct);
        return new OrchestrationOperated(OrchestrationAct.Replay, job.Ref.InstanceId);
    }

    private async Task<Result<OrchestrationOperated>> ActAsync(
        Operator person, OrchestrationInstance instance, UploadNote? upload, string act, string reason, CancellationToken ct)
    {
        var action = act switch
        {
            OrchestrationAct.Rewind => "orchestration_rewind",
            OrchestrationAct.Terminate => "orchestration_terminate",
            OrchestrationAct.Suspend => "orchestration_suspend",
            OrchestrationAct.Resume => "orchestration_resume",
            _ => "orchestration_restart",
        };
        await AuditAsync(person, instance, upload, action, new { instanceId = instance.Id, reason }, ct);
        var reference = Uri.EscapeDataString(Reference + person.RequestId);
        var answer = await (act switch
        {
            OrchestrationAct.Rewind => durable.RewindAsync(instance.Id, reference, ct),
            OrchestrationAct.Terminate => durable.TerminateAsync(instance.Id, reference, ct),
            OrchestrationAct.Suspend => durable.SuspendAsync(instance.Id, reference, ct),
            OrchestrationAct.Resume => durable.ResumeAsync(instance.Id, reference, ct),
            _ => durable.RestartAsync(instance.Id, ct),
        });
        if (answer == DurableAnswer.Accepted)
        {
            return new OrchestrationOperated(act, instance.Id);
        }

        await AuditAsync(
            person, instance, upload, "orchestration_act_refused",
            new { instanceId = instance.Id, act, answer = answer.ToString() }, ct);
        return answer switch
        {
            DurableAnswer.NotFound => new Refusal.NotFound("orchestration"),
            DurableAnswer.Unsupported => Refused($"The storage that Durable works on here cannot {act}."),
            _ => Refused("Its state has changed meanwhile; look again."),
        };
    }

    private Task<int> AuditAsync(
        Operator person, OrchestrationInstance instance, UploadNote? upload, string action, object what, CancellationToken ct) =>
        db.AcrossTenantsAsync(async tx =>
        {
            var old = new { runtimeStatus = instance.Status, uploadStatus = upload?.Status };
            await audit.WriteAsync(tx, upload?.TenantId ?? TenantId.Platform, Actor.From(person), upload is null
                ? new AuditEntry(action, "orchestration", KeyOf(instance.Id), old, what)
                : new AuditEntry(action, "upload_job", upload.JobId, old, what));
            return 0;
        }, ct);

    private static string WhyNot(string act, OrchestrationInstance? instance, UploadNote? upload) => act switch
    {
        OrchestrationAct.Replay when upload is null => "Only orchestrations of uploads can be replayed.",
        OrchestrationAct.Replay when !upload.IsCurrent =>
            $"This is attempt {upload.Attempt}; attempt {upload.CurrentAttempt} is the current one.",
        OrchestrationAct.Replay =>
            $"The upload is {upload.Status}; replay what has failed or timed out, or what its orchestration has left.",
        _ when instance is null => "Durable has no such instance.",
        OrchestrationAct.Rewind when instance.Status != RuntimeStatus.Failed =>
            $"It is {instance.Status}: only one that failed goes back.",
        OrchestrationAct.Rewind when upload is { IsCurrent: false } =>
            $"This is attempt {upload.Attempt}; attempt {upload.CurrentAttempt} is the current one.",
        OrchestrationAct.Rewind => $"The upload is {upload!.Status}: there is nothing left to go on with.",
        OrchestrationAct.Resume => $"It is {instance.Status}, not suspended.",
        OrchestrationAct.Suspend when instance.Status == RuntimeStatus.Suspended => "It is suspended already.",
        _ => $"It is {instance.Status}: there is nothing left to {act}.",
    };

    /// <summary>Audit rows name an entity by UUID: the id where it is one, else a UUID made of its hash. The id itself is in the row's
    /// values.</summary>
    private static Guid KeyOf(string id) =>
        Guid.TryParse(id, out var key) ? key : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16), bigEndian: true);
}
