using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Portal.LocalVendors;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>Tenants and people that a test makes for itself, and writes that name the version they change.</summary>
public static class PeopleCalls
{
    /// <summary>A PATCH or DELETE of the version that was read; <paramref name="match"/> null sends no If-Match.</summary>
    public static async Task<Answer> WriteAsync(this HttpClient http, HttpMethod method, string path, object? body, string? match)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
        };
        if (match is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", match);
        }

        return await (await http.SendAsync(request)).ReadAsync();
    }

    /// <summary>Reads, then changes what was read.</summary>
    public static async Task<Answer> ChangeAsync(this HttpClient http, string path, object body) =>
        await http.WriteAsync(HttpMethod.Patch, path, body, (await http.FetchAsync(path)).Expect(200).Headers.ETag!.ToString());

    /// <summary>Somebody who can sign in, in an organization of which the portal knows nothing.</summary>
    public static Task AddAtClerkAsync(this TestPortal portal, string handle, string? organization, string role = "org:admin") =>
        portal.Clerk.AddPersonAsync(new(
            handle, $"user_{handle}", $"{handle}@portal.example", $"Person {handle}", organization, organization,
            organization is null ? null : role));

    /// <summary>A tenant of its own; <paramref name="handle"/> signs in as its Admin. Answers the tenant.</summary>
    public static async Task<Answer> NewTenantAsync(this TestPortal portal, string handle)
    {
        await portal.AddAtClerkAsync(handle, $"org_{handle}");
        return (await portal.As(handle).PostAsync("/api/tenants", new { name = $"Portal of {handle}" })).Expect(201);
    }

    /// <summary>A member of that tenant who can sign in, written as enrolment would.</summary>
    public static async Task<Guid> AddMemberAsync(this TestPortal portal, Guid tenant, string organization, string handle, string role)
    {
        await portal.AddAtClerkAsync(handle, organization);
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@id, @tenant, @clerkUser, @email, @name, @role, @now, @now)
            """, new
        {
            id = TestPeople.UserId(handle),
            tenant,
            clerkUser = $"user_{handle}",
            email = $"{handle}@portal.example",
            name = $"Person {handle}",
            role,
            now = portal.Clock.GetUtcNow(),
        });
        return TestPeople.UserId(handle);
    }

    /// <summary>The invited person follows the link of Clerk's e-mail, and can sign in as <paramref name="handle"/> from then
    /// on.</summary>
    public static async Task AcceptAtClerkAsync(this TestPortal portal, Guid invite, string handle, string? email = null)
    {
        var invitation = await portal.ScalarAsync<string>(
            "select clerk_invitation_id from portal.invites where id = @invite", new { invite });
        Assert.True(
            await portal.Clerk.AcceptInvitationAsync(
                invitation, new LocalPerson(handle, $"user_{handle}", email ?? $"{handle}@portal.example", $"Person {handle}")));
    }

    /// <summary>One column as a list.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(this TestPortal portal, string sql, object? args = null)
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<string>(sql, args)).AsList();
    }

    /// <summary>No audit or event row of the whole database holds an address or one of these words.</summary>
    public static async Task NothingPersonalIsKeptAsync(this TestPortal portal, params string[] words)
    {
        await using var connection = await portal.OpenAsync();
        var rows = (await connection.QueryAsync<string>(
            "select concat(old_value, new_value, actor_id) from portal.audit_log union all select payload::text from portal.events"))
                .AsList();
        Assert.NotEmpty(rows);
        Assert.All(
            words.Append("@").Append(".example"), word =>
                Assert.DoesNotContain(rows, row => row.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }
}
