using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Switches;

namespace Portal.Functions.Operations.Switches;

/// <summary>A switch, and the last time that it was set.</summary>
public sealed record SwitchJson(
    [OneOf(typeof(SwitchTarget)), About("A feature; or a vendor, and with it each feature that is nothing without it.")] string Target,
    [About("What it stops is off.")] bool On,
    [OneOf(typeof(Feature)), About("What is off while it is on. Of vercel_blob none: only uploads by it are off.")]
    IReadOnlyList<string> Stops,
    [About("Why it was set last; null: it never was, as in the fields below.")] string? Reason,
    [About("When it ends, or has ended, by itself.")] DateTimeOffset? Until,
    [About("Clerk's id of the Operator.")] string? SetBy, DateTimeOffset? SetAt,
    [About("When somebody ended it early.")] DateTimeOffset? ClearedAt, string? ClearedBy)
{
    public static SwitchJson From(string target, Switch? set, DateTimeOffset now) => new(
        target, set?.IsOn(now) == true, SwitchTarget.Stops(target), set?.Reason, set?.Until, set?.SetBy, set?.SetAt, set?.ClearedAt,
        set?.ClearedBy);
}

/// <summary>Whether a vendor is called. Each instance has a circuit of its own; what any of them has found is here.</summary>
public sealed record CircuitJson(
    [OneOf(typeof(VendorCircuit))] string Vendor,
    [About("An instance has found that half of its calls fail, in the last two minutes.")] bool Open,
    [About("Since when it is or was open; null: it never was.")] DateTimeOffset? OpenedAt);

/// <summary>All switches and circuits there are.</summary>
public sealed record SwitchesJson(IReadOnlyList<SwitchJson> Items, IReadOnlyList<CircuitJson> Circuits)
{
    public static SwitchesJson From(OutageState state, DateTimeOffset now) => new(
        [
            .. SwitchTarget.All.Select(target => SwitchJson.From(
                target, state.Switches.FirstOrDefault(each => each.Target == target), now)),
        ],
        [
            .. VendorCircuit.All.Select(vendor => state.Circuits.FirstOrDefault(each => each.Vendor == vendor) is { } known
                ? new CircuitJson(vendor, known.IsOpen(now), known.OpenedAt)
                : new CircuitJson(vendor, false, null)),
        ]);
}

public sealed class ListSwitchesFunction(OutageQuery outages, TimeProvider clock)
{
    [Function("ReadSwitches")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Read the switches and the vendors' circuits", Returns = typeof(SwitchesJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/switches")] HttpRequest request,
        CancellationToken ct) =>
        Reply.Ok(SwitchesJson.From(await outages.ReadAsync(ct), clock.GetUtcNow()));
}

public sealed record SetSwitchInput : IChecked
{
    [OneOf(typeof(SwitchTarget)), About("What to switch off.")]
    public required string Target { get; init; }

    [Text(ReasonInput.Longest), About("Why; it goes into the audit log.", Example = "\"Mux is down, status.mux.com\"")]
    public required string Reason { get; init; }

    [About("When it ends by itself: 1 minute to 7 days from now.")]
    public required DateTimeOffset Until { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (!SwitchStore.IsEnd(Until, now))
        {
            faults.Add("until", "range", "must be 1 minute to 7 days from now.");
        }
    }
}

/// <summary>Everywhere within seconds: each instance reads the rows again when they are three seconds old.</summary>
public sealed class SetSwitchFunction(SwitchStore switches, TimeProvider clock)
{
    [Function("SetSwitch")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("Switch a feature or a vendor off for a while", Takes = typeof(SetSwitchInput), Returns = typeof(SwitchJson),
        Details = "Within three seconds everywhere. Callers of what is off get 503 feature-off with Retry-After; mails wait, and go out "
            + "when it is over. It ends by itself. Setting one that is set gives it the new reason and end. Protections have no switch.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/switches")] HttpRequest request, CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<SetSwitchInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        var set = await switches.SetAsync(request.HttpContext.Operator(), input.Target, input.Reason, input.Until, ct);
        return Reply.Ok(SwitchJson.From(set.Target, set, clock.GetUtcNow()));
    }
}

public sealed record ClearSwitchInput
{
    [OneOf(typeof(SwitchTarget)), About("What works again.")]
    public required string Target { get; init; }

    [Text(ReasonInput.Longest), About("Why; it goes into the audit log.", Example = "\"Mux is back\"")]
    public required string Reason { get; init; }
}

public sealed class ClearSwitchFunction(SwitchStore switches, TimeProvider clock)
{
    [Function("ClearSwitch")]
    [Allows(PortalAction.OperateIncidents)]
    [Operation("End a switch before its time", Takes = typeof(ClearSwitchInput), Returns = typeof(SwitchJson))]
    [Refuses(409, "switch-not-set", "It is not set, or has ended by itself.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/ops/switches/clear")] HttpRequest request, CancellationToken ct)
    {
        var (input, problem) = await Input.ReadAsync<ClearSwitchInput>(request, clock.GetUtcNow());
        return input is null
            ? problem!
            : (await switches.ClearAsync(request.HttpContext.Operator(), input.Target, input.Reason, ct))
                .Answer(cleared => Reply.Ok(SwitchJson.From(cleared.Target, cleared, clock.GetUtcNow())));
    }
}
