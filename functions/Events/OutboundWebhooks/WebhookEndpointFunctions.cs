using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Events.OutboundWebhooks;

public sealed record CreateWebhookEndpointInput
{
    [Text(EndpointUrls.MaxLength), About(
        "Where events are posted to: https, port 443 or 1024 and above, a host of the public internet.",
        Example = "\"https://hooks.studio.example/portal\"")]
    public required string Url { get; init; }

    [Text(200, Min = 0), About("For the team.")]
    public string Description { get; init; } = "";

    [Items(200), OneOf(typeof(OfferedEvents)), About("None: every type, those to come too.")]
    public IReadOnlyList<string> EventTypes { get; init; } = [];

    public bool Enabled { get; init; } = true;
}

public sealed record UpdateWebhookEndpointInput
{
    [Text(EndpointUrls.MaxLength)]
    public Change<string> Url { get; init; }

    [Text(200, Min = 0)]
    public Change<string> Description { get; init; }

    [Items(200), OneOf(typeof(OfferedEvents)), About("The whole list. None: every type.")]
    public Change<IReadOnlyList<string>> EventTypes { get; init; }

    [About("true: it begins afresh, whatever failed before.")]
    public Change<bool> Enabled { get; init; }
}

public sealed record ListWebhookEndpointsInput : CountedListInput
{
    [About("Left out: both.")]
    public bool? Enabled { get; init; }
}

public sealed class ListWebhookEndpointsFunction(OutboundEndpointStore endpoints, Lists lists)
{
    private const string Name = "webhook-endpoints";

    [Function("ListWebhookEndpoints")]
    [Allows(PortalAction.ReadWebhookEndpoint)]
    [Operation(
        "List webhook endpoints, newest first", Query = typeof(ListWebhookEndpointsInput), Returns = typeof(PageOf<WebhookEndpointJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/webhook-endpoints")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListWebhookEndpointsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await endpoints.ListAsync(tenant, query.Enabled, page, ct);
        long? total = query.Total ? await endpoints.CountAsync(tenant, query.Enabled, ct) : null;
        return lists.Page(request, rows, page, Name, e => Position.Of(e.CreatedAt, e.Id), WebhookEndpointJson.From, total: total);
    }
}

public sealed class CreateWebhookEndpointFunction(
    OutboundEndpointStore endpoints, EndpointUrls urls, WebhookSecretAnswers answers, Writes writes)
{
    [Function("CreateWebhookEndpoint")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation("Create a webhook endpoint", Takes = typeof(CreateWebhookEndpointInput), Returns = typeof(WebhookEndpointJson),
        Status = 201, TakesKey = true,
        Details = "Events that happen from now on are posted to it, signed as Standard Webhooks has it. The answer is the only one with "
            + "the secret, whsec_…, that signatures are checked with.")]
    [Refuses(409, "too-many-endpoints", "There are ten.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhook-endpoints")] HttpRequest request) =>
        writes.PostAsync<CreateWebhookEndpointInput>(request, async (tx, caller, input) =>
        {
            if (urls.Check(input.Url).IsRefused(out var wrong, out var url))
            {
                return wrong.Problem();
            }

            var settings = new EndpointSettings(url, input.Description, input.EventTypes, input.Enabled);
            return (await endpoints.CreateAsync(tx, caller.Tenant, caller, settings)).Answer(
                made => Reply.Created($"/api/webhook-endpoints/{made.Id}", WebhookEndpointJson.From(made), made.Version));
        }, reply => answers.WithSecretAsync(request, reply));
}

public sealed class ReadWebhookEndpointFunction(OutboundEndpointStore endpoints)
{
    [Function("ReadWebhookEndpoint")]
    [Allows(PortalAction.ReadWebhookEndpoint)]
    [Operation("Read a webhook endpoint", Returns = typeof(WebhookEndpointJson))]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/webhook-endpoints/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await endpoints.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { } endpoint
            ? WebhookEndpointJson.Reply(endpoint)
            : Problem.NotFound("webhook endpoint");
}

public sealed class UpdateWebhookEndpointFunction(OutboundEndpointStore endpoints, EndpointUrls urls, Writes writes)
{
    [Function("UpdateWebhookEndpoint")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation(
        "Update a webhook endpoint", Takes = typeof(UpdateWebhookEndpointInput), Returns = typeof(WebhookEndpointJson), NeedsMatch = true)]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/webhook-endpoints/{id:guid}")] HttpRequest request, Guid id) =>
        writes.PatchAsync<UpdateWebhookEndpointInput>(request, async (tx, caller, input, version) =>
        {
            if (await endpoints.FindAsync(tx, caller.Tenant, id) is not { } before)
            {
                return Problem.NotFound("webhook endpoint");
            }

            // One that stays is not asked again: rules may have become stricter since.
            var url = before.Url;
            if (input.Url.IsSet && input.Url.Value != before.Url && urls.Check(input.Url.Value!).IsRefused(out var wrong, out url))
            {
                return wrong.Problem();
            }

            var settings = new EndpointSettings(
                url, input.Description.Or(before.Description)!, input.EventTypes.Or(before.EventTypes)!, input.Enabled.Or(before.Enabled));
            return (await endpoints.UpdateAsync(tx, caller.Tenant, caller, before, version, settings)).Answer(WebhookEndpointJson.Reply);
        });
}

public sealed class DeleteWebhookEndpointFunction(OutboundEndpointStore endpoints, Writes writes)
{
    [Function("DeleteWebhookEndpoint")]
    [Allows(PortalAction.ManageWebhookEndpoints)]
    [Operation("Delete a webhook endpoint", Status = 204, NeedsMatch = true,
        Details = "With what it answered. Events that are on their way to it are not sent any more.")]
    [Refuses(404, "not-found", "There is no such webhook endpoint.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/webhook-endpoints/{id:guid}")] HttpRequest request, Guid id) =>
        writes.DeleteAsync(request, async (tx, caller, version) =>
            (await endpoints.DeleteAsync(tx, caller.Tenant, caller, id, version)).Answer(_ => Reply.NoContent));
}
