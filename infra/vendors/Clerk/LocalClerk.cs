using System.Text.Json.Nodes;
using Portal.LocalVendors.Clerk;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like Clerk as a backend sees it: JWKS, session tokens, users, invitations, Svix-signed webhooks. Its pages
/// let people sign up and in; nobody types a password. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalClerk : LocalWebhookVendor
{
    private readonly LocalClerkOptions options;
    private ClerkPeople people = null!;
    private LocalClerkKeys keys = null!;
    private ClerkTokens tokens = null!;
    private LocalClerkEvents events = null!;
    private ClerkChanges changes = null!;
    private ClerkInvitations invitations = null!;

    private LocalClerk(VendorHost host, LocalClerkOptions options)
        : base(
            host, options.WebhookUrl, options.WebhookSecret,
            clerk => WebhookStyle.Svix(() => clerk.WebhookUrl, () => clerk.SigningSecret)) => this.options = options;

    /// <summary>Base of the Backend API, <c>/v1</c> included.</summary>
    public Uri ApiUrl => new(Host.Address + "/v1");

    /// <summary>Public; the Backend API's <c>/v1/jwks</c> wants the secret key.</summary>
    public Uri JwksUrl => new(Host.Address + "/.well-known/jwks.json");

    public string Issuer => options.Issuer;

    public static Task<LocalClerk> StartAsync(LocalClerkOptions options, CancellationToken ct = default) =>
        StartAsync("clerk", options, host => new LocalClerk(host, options), ct);

    /// <summary>Registers somebody, or replaces who had the handle. No event is sent.</summary>
    public Task AddPersonAsync(LocalPerson person) => people.AddAsync(person);

    /// <summary>Everybody who can sign in.</summary>
    public Task<IReadOnlyList<LocalPerson>> PeopleAsync(CancellationToken ct = default) => people.ListAsync(ct);

    /// <summary>A session token for a registered person. Throws <see cref="KeyNotFoundException"/> when there is no such handle.</summary>
    public async Task<LocalSession> SignInAsync(string handle, ClerkTokenOverrides? overrides = null, CancellationToken ct = default) =>
        await people.ByHandleAsync(handle, ct) is { } person
            ? await tokens.MintAsync(person, overrides, ct)
            : throw new KeyNotFoundException($"Local Clerk knows nobody called {handle}.");

    /// <summary>A new signing key; the old one stays in the JWKS unless told otherwise. Returns the new <c>kid</c>.</summary>
    public Task<string> RotateKeyAsync(bool keepOld = true) => keys.RotateAsync(keepOld);

    /// <summary>The invited person signs up, with the organization and role of the invitation. False when it is not pending any
    /// more.</summary>
    public Task<bool> AcceptInvitationAsync(string invitationId, LocalPerson person, CancellationToken ct = default) =>
        invitations.AcceptAsync(invitationId, person, ct);

    /// <summary>Deletes a person, as they or an administrator can: <c>user.deleted</c>. They can sign in no more.</summary>
    public async Task DeletePersonAsync(string handle, CancellationToken ct = default) =>
        await changes.DeleteAsync((await FindAsync(handle, ct)).UserId, ct);

    /// <summary>Changes name or address: <c>user.updated</c>.</summary>
    public async Task UpdatePersonAsync(string handle, string? name = null, string? email = null, CancellationToken ct = default) =>
        await changes.UpdateAsync((await FindAsync(handle, ct)).UserId, name, email, ct);

    /// <summary>Puts a person into an organization by hand, without an invitation: <c>organizationMembership.created</c>.</summary>
    public async Task JoinOrganizationAsync(string handle, string organization, CancellationToken ct = default) =>
        await changes.JoinAsync((await FindAsync(handle, ct)).UserId, organization, ct);

    /// <summary>Gives a person another role in their organization: <c>organizationMembership.updated</c>.</summary>
    public async Task ChangeRoleAsync(string handle, string role, CancellationToken ct = default) =>
        await changes.ChangeRoleAsync((await FindAsync(handle, ct)).UserId, role, ct);

    /// <summary>Takes a person out of their organization: <c>organizationMembership.deleted</c>.</summary>
    public async Task LeaveOrganizationAsync(string handle, CancellationToken ct = default) =>
        await changes.LeaveAsync((await FindAsync(handle, ct)).UserId, ct);

    /// <summary>Sends any event. Events of one subject keep their order.</summary>
    public Task EmitAsync(string type, string subject, JsonObject data, CancellationToken ct = default) =>
        Host.TransactAsync(
            async (connection, transaction) =>
            {
                await events.EmitAsync(connection, transaction, type, subject, data);
                return true;
            }, ct);

    /// <summary>Sends <c>user.created</c> or another event whose data is the user.</summary>
    public async Task EmitUserAsync(string type, string handle, CancellationToken ct = default) =>
        await EmitAsync(type, handle, ClerkPeople.User(await FindAsync(handle, ct)), ct);

    /// <summary>Sends <c>organizationMembership.created</c> or another event whose data is the membership.</summary>
    public async Task EmitMembershipAsync(string type, string handle, CancellationToken ct = default) =>
        await EmitAsync(type, handle, ClerkPeople.Membership(await FindAsync(handle, ct)), ct);

    private protected override async Task<VendorApi> PrepareAsync(CancellationToken ct)
    {
        var instanceId = await Host.FactAsync("instance", () => "ins_" + Ids.New(27), ct);
        keys = new LocalClerkKeys(Host, options, instanceId);
        await keys.EnsureAsync();
        people = new ClerkPeople(Host);
        tokens = new ClerkTokens(Host, options, keys);
        events = new LocalClerkEvents(Host, Outbox, instanceId);
        changes = new ClerkChanges(Host, people, events);
        invitations = new ClerkInvitations(Host, people, events);
        var api = new ClerkApi(Host, options, keys, people, changes);
        return new VendorApi(
            app =>
            {
                api.Map(app);
                invitations.Map(api, app);
                new ClerkPages(people, tokens, changes, invitations).Map(app);
            },
            ClerkApi.Error, "/v1", "/.well-known");
    }

    private async Task<LocalPerson> FindAsync(string handle, CancellationToken ct) =>
        await people.ByHandleAsync(handle, ct) ?? throw new KeyNotFoundException($"Local Clerk knows nobody called {handle}.");
}
