using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Portal.Vendors.Clerk;

/// <summary>A person as Clerk knows them. <paramref name="VerifiedEmails"/>: addresses that they have proved to be theirs.</summary>
/// <param name="Email">Their primary address if it is proved, else another proved one; null: they have proved none.</param>
/// <param name="Name">Null: they gave none, and there is no address to make one of.</param>
/// <param name="UpdatedAt">When Clerk last changed it: of two tellings the later one is right.</param>
public sealed record ClerkUser(string Id, string? Email, string? Name, IReadOnlyList<string> VerifiedEmails, DateTimeOffset? UpdatedAt);

/// <summary>An invitation to an organization. <paramref name="Mark"/>: which invite of ours it was made for, if any.</summary>
public sealed record ClerkInvitation(string Id, string Status, InviteMark? Mark);

/// <summary>Our invite, as the metadata of an invitation and of the membership that comes of it says: ids only.</summary>
public sealed record InviteMark(Guid InviteId, int Generation);

/// <summary>
/// The part of Clerk's Backend API that the portal uses: people, their memberships, and invitations to an organization (their metadata
/// goes over to the membership). Everybody joins as <c>org:member</c>: what they may do here is our rows' to say, not Clerk's.
/// </summary>
public sealed class ClerkDirectory(HttpClient http, IOptions<ClerkOptions> options)
{
    private const int MostListed = 100;
    private const int MostMembers = 500;
    private const string MemberRole = "org:member";
    private static readonly TimeSpan DefaultPace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPace = TimeSpan.FromHours(1);

    private static readonly JsonSerializerOptions Json = ClerkWire.Json;

    public Task<VendorResult<ClerkUser>> FindUserAsync(string userId, CancellationToken ct) =>
        CallAsync<ClerkWire.WireUser, ClerkUser>(HttpMethod.Get, $"users/{Uri.EscapeDataString(userId)}", null, ClerkWire.Read, ct);

    /// <summary>The mark on a person's membership of the organization. A membership without one has <see cref="Guid.Empty"/>; none at all
    /// is Refused 404.</summary>
    public async Task<VendorResult<InviteMark>> FindMembershipAsync(string userId, string organizationId, CancellationToken ct)
    {
        if ((await MembershipsAsync(userId, ct)).IsFailure(out var failure, out var memberships))
        {
            return failure;
        }

        return memberships.FirstOrDefault(m => m.Organization?.Id == organizationId) is { } found
            ? ClerkWire.Mark(found.PublicMetadata) ?? new InviteMark(Guid.Empty, 0)
            : new VendorFailure.Refused((int)HttpStatusCode.NotFound, "no_membership");
    }

    /// <summary>Ids of the organizations that a person is a member of.</summary>
    public async Task<VendorResult<IReadOnlyList<string>>> OrganizationsAsync(string userId, CancellationToken ct) =>
        (await MembershipsAsync(userId, ct)).IsFailure(out var failure, out var memberships)
            ? failure
            : memberships.Select(m => m.Organization?.Id).OfType<string>().ToList();

    /// <summary>Null: deleted. Refused 404: it was before.</summary>
    public async Task<VendorFailure?> DeleteUserAsync(string userId, CancellationToken ct) =>
        (await CallAsync<JsonElement, object>(HttpMethod.Delete, $"users/{Uri.EscapeDataString(userId)}", null, gone => gone, ct)).Failure;

    /// <summary>Null: deleted. Refused 404: it was before.</summary>
    public async Task<VendorFailure?> DeleteMembershipAsync(string organizationId, string userId, CancellationToken ct) =>
        (await CallAsync<JsonElement, object>(
            HttpMethod.Delete, $"organizations/{Uri.EscapeDataString(organizationId)}/memberships/{Uri.EscapeDataString(userId)}", null,
            gone => gone, ct)).Failure;

    /// <summary>Null: deleted, with its memberships and invitations. Refused 404: it was before.</summary>
    public async Task<VendorFailure?> DeleteOrganizationAsync(string organizationId, CancellationToken ct) =>
        (await CallAsync<JsonElement, object>(
            HttpMethod.Delete, $"organizations/{Uri.EscapeDataString(organizationId)}", null, gone => gone, ct)).Failure;

    /// <summary>Ids of the people who are members of an organization.</summary>
    public async Task<VendorResult<IReadOnlyList<string>>> MembersAsync(string organizationId, CancellationToken ct)
    {
        var members = new List<string>();
        for (var offset = 0; ; offset += MostMembers)
        {
            var path = $"organizations/{Uri.EscapeDataString(organizationId)}/memberships?limit={MostMembers}&offset={offset}";
            var page = await CallAsync<WireList<WireMembership>, IReadOnlyList<WireMembership>>(
                HttpMethod.Get, path, null, list => list.Data, ct);
            if (page.IsFailure(out var failure, out var some))
            {
                return failure;
            }

            members.AddRange(some.Select(m => m.PublicUserData?.UserId).OfType<string>());
            if (some.Count < MostMembers)
            {
                return members;
            }
        }
    }

    /// <summary>Invitations to that address which can still be accepted.</summary>
    public Task<VendorResult<IReadOnlyList<ClerkInvitation>>> PendingInvitationsAsync(
        string organizationId, string email, CancellationToken ct) =>
        CallAsync<WireList<WireInvitation>, IReadOnlyList<ClerkInvitation>>(
            HttpMethod.Get,
            $"organizations/{Uri.EscapeDataString(organizationId)}/invitations"
                + $"?status=pending&limit={MostListed}&email_address={Uri.EscapeDataString(email)}",
            null,
            // The filter is Clerk's; what is not of this address must never be revoked by mistake.
            list => list.Data is { } data
                ? [
                    .. data.Where(
                        i =>
                            string.Equals(
                                i.EmailAddress, email, StringComparison.OrdinalIgnoreCase)).Select(Read).OfType<ClerkInvitation>()
                ]
                : null,
            ct);

    public Task<VendorResult<ClerkInvitation>> FindInvitationAsync(string organizationId, string invitationId, CancellationToken ct) =>
        CallAsync<WireInvitation, ClerkInvitation>(
            HttpMethod.Get, $"organizations/{Uri.EscapeDataString(organizationId)}/invitations/{Uri.EscapeDataString(invitationId)}", null,
            Read, ct);

    /// <summary>Makes an invitation and lets Clerk send its e-mail. Clerk refuses a second pending one to the same address: look
    /// first.</summary>
    public Task<VendorResult<ClerkInvitation>> InviteAsync(
        string organizationId, string email, InviteMark mark, int days, CancellationToken ct) =>
        CallAsync<WireInvitation, ClerkInvitation>(
            HttpMethod.Post,
            $"organizations/{Uri.EscapeDataString(organizationId)}/invitations",
            new WireNewInvitation(
                email, MemberRole, new(
                    mark.InviteId.ToString(), mark.Generation), days, options.Value.InviteRedirectUrl is { Length: > 0 } url
                    ? url
                    : null),
            Read,
            ct);

    /// <summary>Clerk refuses (400, 404) what is not pending any more.</summary>
    public Task<VendorResult<ClerkInvitation>> RevokeInvitationAsync(string organizationId, string invitationId, CancellationToken ct) =>
        CallAsync<WireInvitation, ClerkInvitation>(
            HttpMethod.Post,
            $"organizations/{Uri.EscapeDataString(organizationId)}/invitations/{Uri.EscapeDataString(invitationId)}/revoke", new { }, Read,
            ct);

    private Task<VendorResult<IReadOnlyList<WireMembership>>> MembershipsAsync(string userId, CancellationToken ct) =>
        CallAsync<WireList<WireMembership>, IReadOnlyList<WireMembership>>(
            HttpMethod.Get, $"users/{Uri.EscapeDataString(userId)}/organization_memberships?limit={MostMembers}", null,
            list => list.Data, ct);

    private async Task<VendorResult<TOut>> CallAsync<TIn, TOut>(
        HttpMethod method, string path, object? body, Func<TIn, TOut?> read, CancellationToken ct)
        where TOut : class
    {
        try
        {
            using var request = new HttpRequestMessage(method, $"{options.Value.ApiUrl.TrimEnd('/')}/{path}")
            {
                Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.SecretKey);
            using var response = await http.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
            {
                return await FailureAsync(response, ct);
            }

            return await response.Content.ReadFromJsonAsync<TIn>(Json, ct) is { } answer && read(answer) is { } value
                ? value
                : new VendorFailure.Unknown($"Clerk answered {(int)response.StatusCode} with a body that cannot be read.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new VendorFailure.Unknown($"Clerk did not answer: {e.GetType().Name}", e.NotCalledFor());
        }
    }

    private static async Task<VendorFailure> FailureAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        if (status == 429)
        {
            var wait = response.Headers.RetryAfter?.Delta ?? DefaultPace;
            return new VendorFailure.RateLimited(wait > LongestPace ? LongestPace : wait > TimeSpan.Zero ? wait : DefaultPace);
        }

        // 401 and 403: our key is wrong, which is ours to mend and no reason to give an invite up.
        if (status is >= 500 or 401 or 403 or 408)
        {
            return new VendorFailure.Unknown($"Clerk answered {status}.");
        }

        var errors = await response.Content.ReadFromJsonAsync<WireErrors>(Json, ct);
        return new VendorFailure.Refused(
            status, errors?.Errors is [{ Code: { Length: > 0 and <= 200 } code }, ..] ? code : $"status_{status}");
    }

    private static ClerkInvitation? Read(WireInvitation invitation) =>
        invitation is { Id: { } id, Status: { } status } ? new(id, status, ClerkWire.Mark(invitation.PublicMetadata)) : null;

    private sealed record WireList<T>(IReadOnlyList<T>? Data);

    private sealed record WireMembership(
        WireOrganization? Organization, JsonElement? PublicMetadata, WirePublicUserData? PublicUserData = null);

    private sealed record WirePublicUserData(string? UserId);

    private sealed record WireOrganization(string? Id);

    private sealed record WireInvitation(string? Id, string? Status, string? EmailAddress, JsonElement? PublicMetadata);

    private sealed record WireMark(string InviteId, int Generation);

    private sealed record WireNewInvitation(
        string EmailAddress, string Role, WireMark PublicMetadata, int ExpiresInDays, string? RedirectUrl);

    private sealed record WireErrors(IReadOnlyList<WireError>? Errors);

    private sealed record WireError(string? Code);
}
