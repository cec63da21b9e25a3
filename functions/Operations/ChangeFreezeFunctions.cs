using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Incidents;

namespace Portal.Functions.Operations;

/// <summary>What pipelines ask before they deploy.</summary>
public sealed class ReadChangeFreezeFunction(ChangeFreezeStore freeze)
{
    [Function("ReadChangeFreeze")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read the change freeze", Returns = typeof(ChangeFreezeJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/change-freeze")] HttpRequest request,
        CancellationToken ct) =>
        Reply.Ok(ChangeFreezeJson.From(await freeze.ReadAsync(ct)));
}

public sealed record ChangeFreezeInput
{
    [About("true: no changes from now on; false: the freeze is lifted.")]
    public required bool On { get; init; }

    [Text(ReasonInput.Longest), About("Why; it goes into the audit log.", Example = "\"Budget is back, incident resolved\"")]
    public required string Reason { get; init; }
}

public sealed class SwitchChangeFreezeFunction(ChangeFreezeStore freeze, TimeProvider clock)
{
    [Function("SwitchChangeFreeze")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Set or lift the change freeze", Takes = typeof(ChangeFreezeInput), Returns = typeof(ChangeFreezeJson))]
    [Refuses(409, "freeze-unchanged", "It is that way already.")]
    [Refuses(409, "freeze-held", "It cannot be lifted while a breach of an error budget is not resolved.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/change-freeze")] HttpRequest request, CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ChangeFreezeInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var switched = await freeze.SwitchAsync(request.HttpContext.Operator(), input.On, input.Reason, ct);
        return switched.Answer(now => Reply.Ok(ChangeFreezeJson.From(now)));
    }
}
