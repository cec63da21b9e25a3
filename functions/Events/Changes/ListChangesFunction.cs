using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.Changes;
using Portal.Foundation.Faults;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Events.Changes;

/// <summary>What happens, for a member: of everything that they may read, in order, without gaps.</summary>
public sealed class ListChangesFunction(ChangeStore store, ChangeAnswers answers)
{
    [Function("ListChanges")]
    [Allows(PortalAction.ReadChanges)]
    [Operation(
        "Wait for changes", Query = typeof(ListChangesInput), Returns = typeof(ChangesJson), AlsoAs = ChangeAnswers.EventStream,
        IsOfTheMoment = true,
        Details = "Answers at once when there is something to tell, else when something happens or the wait ends. Under `Accept: "
            + "text/event-stream` the same as server-sent events, resumed with `Last-Event-ID`.")]
    [Refuses(403, "deactivated", "The person, or their portal, is no longer active.")]
    [Refuses(429, "too-many-requests", "More than four requests of one person wait at once.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/changes")] HttpRequest request, CancellationToken ct)
    {
        var caller = request.HttpContext.Caller();
        var reader = new ChangeReader(caller.Tenant, caller.User.Value, async (after, token) =>
        {
            var page = await store.ReadAsync(caller.Tenant, caller.User, ChangeTypes.All, after, token);
            return page.Role is { } role
                ? page with { Changes = [.. page.Changes.Where(change => ChangeTypes.Allows(change.Event.Type, role))] }
                : (Result<ChangePage>)Refusal.Forbidden.Deactivated;
        });
        return answers.RunAsync(
            request, new(reader, "changes", (change, role) => ChangeJson.From(change.Event, caller.User, role!)), ct);
    }
}
