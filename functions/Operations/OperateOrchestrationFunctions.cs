using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Videos.Uploads;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations;

/// <summary>Replays what an orchestration carries.</summary>
public sealed class ReplayOrchestrationFunction(OrchestrationCommands operate, TimeProvider clock)
{
    [Function("ReplayOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Replay an orchestration's upload", Takes = typeof(ReasonInput), Returns = typeof(OperatedJson), Status = 202)]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    [Refuses(409, "orchestration-act-refused", "It is in no state for that.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/replay")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, clock, request, id, OrchestrationAct.Replay, durable, ct);
}

/// <summary>Lets an orchestration that failed go on from before its failure.</summary>
public sealed class RewindOrchestrationFunction(OrchestrationCommands operate, TimeProvider clock)
{
    [Function("RewindOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Rewind an orchestration that failed", Takes = typeof(ReasonInput), Returns = typeof(OperatedJson), Status = 202,
        Details = "Calls that failed are made again, those that succeeded are not. Mend first what made them fail.")]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    [Refuses(409, "orchestration-act-refused", "It is in no state for that, or the storage behind Durable cannot rewind.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/rewind")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, clock, request, id, OrchestrationAct.Rewind, durable, ct);
}

/// <summary>Ends an orchestration at once, whatever it was doing.</summary>
public sealed class TerminateOrchestrationFunction(OrchestrationCommands operate, TimeProvider clock)
{
    [Function("TerminateOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Terminate an orchestration", Takes = typeof(ReasonInput), Returns = typeof(OperatedJson), Status = 202)]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    [Refuses(409, "orchestration-act-refused", "It is in no state for that.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/terminate")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, clock, request, id, OrchestrationAct.Terminate, durable, ct);
}

/// <summary>Lets an orchestration rest; what comes for it is kept.</summary>
public sealed class SuspendOrchestrationFunction(OrchestrationCommands operate, TimeProvider clock)
{
    [Function("SuspendOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Suspend an orchestration", Takes = typeof(ReasonInput), Returns = typeof(OperatedJson), Status = 202)]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    [Refuses(409, "orchestration-act-refused", "It is in no state for that.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/suspend")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, clock, request, id, OrchestrationAct.Suspend, durable, ct);
}

/// <summary>Lets a suspended or quarantined orchestration go on.</summary>
public sealed class ResumeOrchestrationFunction(OrchestrationCommands operate, TimeProvider clock)
{
    [Function("ResumeOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Resume an orchestration", Takes = typeof(ReasonInput), Returns = typeof(OperatedJson), Status = 202)]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    [Refuses(409, "orchestration-act-refused", "It is in no state for that.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/resume")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, clock, request, id, OrchestrationAct.Resume, durable, ct);
}

/// <summary>What was asked of an orchestration. It happens a moment later: read the orchestration again.</summary>
public sealed record OperatedJson([OneOf(typeof(OrchestrationAct))] string Act, string InstanceId);

/// <summary>What the five have in common: a reason from the body, an outcome to a status.</summary>
internal static class ActRequest
{
    public static async Task<IResult> RunAsync(
        OrchestrationCommands operate, TimeProvider clock, HttpRequest request, string id, string act, DurableTaskClient durable,
        CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ReasonInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var operated = await operate.RunAsync(request.HttpContext.Operator(), id, act, input.Reason, new UploadPipelines(durable), ct);
        return operated.Answer(done => Reply.Ok(new OperatedJson(done.Act, done.InstanceId)) with
        {
            Status = StatusCodes.Status202Accepted,
            Location = $"/api/ops/orchestrations/{Uri.EscapeDataString(done.InstanceId)}",
        });
    }
}
