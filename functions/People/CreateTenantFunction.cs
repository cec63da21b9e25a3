using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.People;

namespace Portal.Functions.People;

public sealed record CreateTenantInput
{
    [Text(200), About("What the portal is called.", Example = "\"Harbour Films\"")]
    public required string Name { get; init; }

    [Text(64), IanaTimeZone, About("Where its days begin: digests and reports.")]
    public string TimeZone { get; init; } = "Australia/Sydney";
}

/// <summary>The one write before there is a tenant, so without <see cref="Writes"/>: its transaction is the new tenant's.</summary>
public sealed class CreateTenantFunction(SetUpTenant setUp, TimeProvider clock)
{
    [Function("CreateTenant")]
    [Allows(PortalAction.CreateTenant)]
    [Operation("Create the tenant of your organization", Takes = typeof(CreateTenantInput), Returns = typeof(TenantJson), Status = 201,
        Details = "For a session of an admin (org:admin) of a Clerk organization that has no portal yet; you become its Admin. An "
            + "organization has one portal, so repeating the request does nothing twice: 409.")]
    [Refuses(403, "no-organization", "The session is in no organization.")]
    [Refuses(403, "not-organization-admin", "You are no admin of the organization.")]
    [Refuses(403, "email-not-verified", "No address of yours is verified.")]
    [Refuses(409, "tenant-exists", "The organization has a portal already, or had one.")]
    [Refuses(429, "too-many-requests", "More than 10 attempts an hour.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/tenants")] HttpRequest request, CancellationToken ct)
    {
        var person = request.HttpContext.UnprovisionedUser();
        var (input, problem) = await Input.ReadAsync<CreateTenantInput>(request, clock.GetUtcNow());
        if (input is null)
        {
            return problem!;
        }

        return (await setUp.RunAsync(person, input.Name, input.TimeZone, ct)).Answer(
            tenant => Reply.Created("/api/tenant", TenantJson.From(tenant), tenant.Version));
    }
}
