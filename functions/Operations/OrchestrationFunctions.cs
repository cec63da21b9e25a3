using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations;

/// <summary>What is running, stuck and failed now.</summary>
public sealed class ReadBoardFunction(OrchestrationQueries look)
{
    [Function("ReadOperationsBoard")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Read the operations dashboard", Returns = typeof(BoardJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/board")] HttpRequest request, CancellationToken ct)
    {
        var board = await look.DashboardAsync(ct);
        return Reply.Ok(
            new BoardJson(
                List(board.Failed, board.FailedTotal), List(board.Stuck, board.StuckTotal), List(
                    board.Running, board.RunningTotal), board.Whole));
    }

    private static BoardListJson List(IReadOnlyList<OrchestrationLook> looks, int total) =>
        new(total, [.. looks.Select(OrchestrationJson.From)]);
}

/// <summary>Orchestrations by status, name, age and upload job, in Durable's order.</summary>
public sealed class ListOrchestrationsFunction(OrchestrationQueries look, SearchCursors cursors)
{
    [Function("ListOrchestrations")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Search orchestrations", Query = typeof(SearchInput), Returns = typeof(PageOf<OrchestrationJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/orchestrations")] HttpRequest request,
        CancellationToken ct)
    {
        var (search, errors) = SearchQuestion.Read(request.Query, cursors);
        var known = InputPlan.Of(typeof(SearchInput)).ByName;
        var unknown = request.Query.Keys.Where(name => !known.ContainsKey(name)).Take(20)
            .Select(
                name => new FieldError($"?{name[..Math.Min(name.Length, 100)]}", "unknown", "There is no such query parameter.")).ToList();
        if (errors.Count + unknown.Count > 0)
        {
            return Problem.Invalid([.. errors, .. unknown]);
        }

        var page = await look.SearchAsync(search, ct);
        return Reply.Ok(
            new PageOf<OrchestrationJson>([.. page.Items.Select(OrchestrationJson.From)], cursors.Write(page.Continuation, search)));
    }
}

/// <summary>One orchestration with its timeline.</summary>
public sealed class ReadOrchestrationFunction(OrchestrationQueries look)
{
    [Function("ReadOrchestration")]
    [Allows(PortalAction.OperateOrchestrations)]
    [Operation("Read an orchestration with its timeline", Returns = typeof(OpenedOrchestrationJson))]
    [Refuses(404, "not-found", "There is no such orchestration.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/ops/orchestrations/{id}")] HttpRequest request,
        string id,
        CancellationToken ct)
    {
        return await look.FindAsync(id, ct) is var (found, timeline)
            ? Reply.Ok(new OpenedOrchestrationJson(
                OrchestrationJson.From(found), OrchestrationAct.PossibleFor(found.Instance, found.Upload), [
                    .. timeline.Entries.Select(TimelineEntryJson.From)
                ], timeline.Earlier))
            : Problem.NotFound("orchestration");
    }
}
