using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Functions.Http;
using Portal.Functions.Uploads;
using Portal.Operations;

namespace Portal.Functions.Operations;

/// <summary>Replays what an orchestration carries.</summary>
public sealed class ReplayOrchestrationFunction(OperateOrchestration operate)
{
    [Function("ReplayOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/replay")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, request, id, OrchestrationAct.Replay, durable, ct);
}

/// <summary>Ends an orchestration at once, whatever it was doing.</summary>
public sealed class TerminateOrchestrationFunction(OperateOrchestration operate)
{
    [Function("TerminateOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/terminate")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, request, id, OrchestrationAct.Terminate, durable, ct);
}

/// <summary>Lets an orchestration rest; what comes for it is kept.</summary>
public sealed class SuspendOrchestrationFunction(OperateOrchestration operate)
{
    [Function("SuspendOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/suspend")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, request, id, OrchestrationAct.Suspend, durable, ct);
}

/// <summary>Lets a suspended or parked orchestration go on.</summary>
public sealed class ResumeOrchestrationFunction(OperateOrchestration operate)
{
    [Function("ResumeOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/orchestrations/{id}/resume")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct) => ActRequest.RunAsync(operate, request, id, OrchestrationAct.Resume, durable, ct);
}

/// <summary>What the four have in common: a reason from the body, an outcome to a status.</summary>
internal static class ActRequest
{
    public const int LongestReason = 500;

    public static async Task<IResult> RunAsync(
        OperateOrchestration operate, HttpRequest request, string id, string act, DurableTaskClient durable, CancellationToken ct)
    {
        var (body, problem) = await Body.ReadAsync(request);
        if (body is null)
        {
            return problem!;
        }

        var reason = body.Text("reason", LongestReason);
        if (body.Fault() is { } fault)
        {
            return fault;
        }

        return await operate.RunAsync(request.HttpContext.Operator(), id, act, reason, new UploadPipelines(durable), ct) switch
        {
            Operated.Done done => Results.Accepted($"/api/ops/orchestrations/{Uri.EscapeDataString(done.InstanceId)}", new { act = done.Act, instanceId = done.InstanceId }),
            Operated.Refused refused => Problem.Conflict("orchestration-act-refused", refused.Detail),
            _ => Problem.NotFound("orchestration"),
        };
    }
}
