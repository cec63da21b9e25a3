using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>
/// Signing in and up, for programs (<c>/local/sign-in</c>, <c>/local/sign-up</c>) and for people: the page at <c>/</c>, and the one that
/// an invitation's link opens.
/// </summary>
internal sealed class ClerkPages(ClerkPeople people, ClerkTokens tokens, ClerkChanges changes, ClerkInvitations invitations)
{
    private const string Ticket = "/v1/tickets/accept";

    public void Map(WebApplication app)
    {
        app.Json("POST", "/local/sign-in", SignInAsync);
        app.Json("POST", "/local/sign-up", SignUpAsync);
        app.MapMethods("/", ["GET"], ShowPeopleAsync);
        app.MapMethods("/sign-in", ["POST"], async (HttpContext context) =>
            await ShowSessionAsync(context, await people.ByHandleAsync(await FieldAsync(context, "person"), context.RequestAborted)));
        app.MapMethods("/sign-up", ["POST"], async (HttpContext context) =>
        {
            var (email, name) = (await FieldAsync(context, "email"), await FieldAsync(context, "name"));
            var organization = await FieldAsync(context, "organization");
            await ShowSessionAsync(context, await AddAsync(email, name, organization, context.RequestAborted));
        });
        app.MapMethods(Ticket, ["GET"], ShowInvitationAsync);
        app.MapMethods(Ticket, ["POST"], AcceptAsync);
    }

    private async Task<VendorReply> SignInAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        var (readable, body) = await JsonBody.ReadAsync(context);
        if (!readable || body is not JsonObject fields || fields.Text("person") is not { } handle)
        {
            return ClerkApi.Refuse(400, "form_param_missing", "person is missing", "person");
        }

        return await people.ByHandleAsync(handle, context.RequestAborted) is { } person
            ? await SessionAsync(person, context.RequestAborted)
            : ClerkApi.NotFound;
    }

    private async Task<VendorReply> SignUpAsync(HttpContext context)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        return !readable || body is not JsonObject fields
            ? ClerkApi.Refuse(400, "request_body_invalid", "Request body invalid")
            : await AddAsync(fields.Text("email"), fields.Text("name"), fields.Text("organization"), context.RequestAborted) is { } person
                ? await SessionAsync(person, context.RequestAborted)
                : ClerkApi.Refuse(422, "form_param_value_invalid", "email (not taken yet), name and organization are needed");
    }

    private async Task<VendorReply> SessionAsync(LocalPerson person, CancellationToken ct)
    {
        var session = await tokens.MintAsync(person, null, ct);
        return new VendorReply(200, new JsonObject
        {
            ["jwt"] = session.Jwt,
            ["expires_at"] = session.ExpiresAt.ToString("O", CultureInfo.InvariantCulture),
            ["user_id"] = person.UserId,
            ["organization_id"] = person.OrganizationId,
        });
    }

    /// <summary>Null: something is missing, or the address is taken.</summary>
    private async Task<LocalPerson?> AddAsync(string? email, string? name, string? organization, CancellationToken ct) =>
        email?.Contains('@', StringComparison.Ordinal) == true && !string.IsNullOrWhiteSpace(name)
        && !string.IsNullOrWhiteSpace(organization) && await people.ByEmailAsync(email, ct) is null
            ? await changes.SignUpAsync(email, name, organization, ct)
            : null;

    private async Task ShowPeopleAsync(HttpContext context)
    {
        var rows = (await people.ListAsync(context.RequestAborted)).Select(person => Html.Of($"""
            <form method="post" action="/sign-in"><input type="hidden" name="person" value="{person.Handle}"><h2>{person.Name}</h2>
            {LocalPage.Facts(
                ("Address", person.Email), ("Organization", person.OrganizationName ?? person.OrganizationSlug ?? "none"),
                ("Role there", person.OrganizationRole ?? "none"))}
            <button>Sign in</button></form>
            """));
        await LocalPage.WriteAsync(context, "Local Clerk", Html.Of($"""
            <p>Signing in shows a session token. Nobody types a password.</p>{Html.Join(rows)}
            <form method="post" action="/sign-up"><h2>Sign up with an organization of your own</h2>
            <label>Name <input name="name" required></label><label>Address <input name="email" type="email" required></label>
            <label>Organization <input name="organization" required></label><button>Sign up</button></form>
            """));
    }

    private async Task ShowSessionAsync(HttpContext context, LocalPerson? person)
    {
        if (person is null)
        {
            await LocalPage.WriteAsync(context, "Not signed in", Html.Of(
                $"<p>There is nobody of this name, or the address is taken or something is missing.</p>"), 422);
            return;
        }

        var session = await tokens.MintAsync(person, null, context.RequestAborted);
        await LocalPage.WriteAsync(context, $"Signed in as {person.Name}", Html.Of($"""
            <p>A session token, good until {session.ExpiresAt.ToString("u", CultureInfo.InvariantCulture)}; the launcher's
            <code>token {person.Email}</code> prints one for an hour.</p><pre>{session.Jwt}</pre>
            """));
    }

    private async Task ShowInvitationAsync(HttpContext context)
    {
        string ticket = context.Request.Query["ticket"].ToString();
        if (await invitations.PendingAsync(ticket, context.RequestAborted) is not (var invitation, var organization))
        {
            await ShowClosedAsync(context);
            return;
        }

        await LocalPage.WriteAsync(context, "You are invited", Html.Of($"""
            {LocalPage.Facts(
                ("Address", invitation.Email), ("Organization", organization ?? invitation.OrganizationId ?? "none"),
                ("Role there", invitation.Role ?? "none"))}
            <form method="post" action="{Ticket}"><input type="hidden" name="ticket" value="{ticket}">
            <label>Your name <input name="name" required></label><button>Accept</button></form>
            """));
    }

    private static Task ShowClosedAsync(HttpContext context) => LocalPage.WriteAsync(
        context, "This invitation is not open", Html.Of($"<p>It was accepted or revoked, it has expired, or there is none.</p>"), 410);

    private async Task AcceptAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        var name = await FieldAsync(context, "name");
        if (await invitations.PendingAsync(await FieldAsync(context, "ticket"), ct) is not (var invitation, _)
            || await PersonAsync(invitation.Email, name, ct) is not { } person
            || !await invitations.AcceptAsync(invitation.Id, person, ct))
        {
            await ShowClosedAsync(context);
            return;
        }

        if (Uri.TryCreate(invitation.RedirectUrl, UriKind.Absolute, out var next))
        {
            context.Response.Redirect(
                $"{next}{(next.Query.Length > 0 ? "&" : "?")}__clerk_status=complete&__clerk_ticket={invitation.Ticket}");
            return;
        }

        await ShowSessionAsync(context, await people.ByEmailAsync(invitation.Email, ct));
    }

    /// <summary>Who has the address, or would have.</summary>
    private async Task<LocalPerson?> PersonAsync(string email, string name, CancellationToken ct) =>
        await people.ByEmailAsync(email, ct)
            ?? (name.Length > 0 ? new LocalPerson(email, "user_" + Ids.New(27), email, name) : null);

    private static async Task<string> FieldAsync(HttpContext context, string name) =>
        context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))[name].ToString().Trim() : "";
}
