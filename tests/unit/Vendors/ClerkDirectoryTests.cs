using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Vendors;
using Portal.Vendors.Clerk;

namespace Portal.Tests.Unit.Vendors;

/// <summary>What is made of Clerk's answers about people and invitations.</summary>
public sealed class ClerkDirectoryTests : IDisposable
{
    private readonly Answers answers = new();
    private readonly HttpClient http;
    private readonly ClerkDirectory directory;

    public ClerkDirectoryTests()
    {
        http = new(answers);
        directory = new(http, Options.Create(new ClerkOptions { ApiUrl = "https://clerk.example/v1", SecretKey = "sk_test" }));
    }

    [Theory]
    [InlineData(500, typeof(VendorFailure.Unknown))]
    [InlineData(503, typeof(VendorFailure.Unknown))]
    [InlineData(401, typeof(VendorFailure.Unknown))]
    [InlineData(403, typeof(VendorFailure.Unknown))]
    [InlineData(408, typeof(VendorFailure.Unknown))]
    [InlineData(429, typeof(VendorFailure.RateLimited))]
    [InlineData(400, typeof(VendorFailure.Refused))]
    [InlineData(404, typeof(VendorFailure.Refused))]
    [InlineData(422, typeof(VendorFailure.Refused))]
    public async Task What_Clerk_may_answer_is_a_failure_of_one_of_three_kinds(int status, Type kind)
    {
        answers.Next = () => Json(status, """{"errors":[{"code":"the_reason","message":"about person@portal.example"}]}""");

        var failure = (await directory.FindUserAsync("user_1", default)).Failure;

        Assert.IsType(kind, failure);
        if (failure is VendorFailure.Refused refused)
        {
            Assert.Equal((status, "the_reason"), (refused.Status, refused.Reason));
        }
    }

    [Theory]
    [InlineData(null, 10)]
    [InlineData(0, 10)]
    [InlineData(1, 1)]
    [InlineData(3600, 3600)]
    [InlineData(3601, 3600)]
    public async Task What_Clerk_asks_us_to_wait_is_between_a_moment_and_an_hour(int? asked, int waits)
    {
        answers.Next = () =>
        {
            var answer = Json(429, "{}");
            answer.Headers.RetryAfter = asked is { } seconds ? new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds)) : null;
            return answer;
        };

        var failure = Assert.IsType<VendorFailure.RateLimited>((await directory.FindUserAsync("user_1", default)).Failure);

        Assert.Equal(TimeSpan.FromSeconds(waits), failure.Wait);
    }

    [Fact]
    public async Task An_invitation_of_another_address_is_passed_over()
    {
        answers.Next = () => Json(200, """
            {"data":[{"id":"inv_1","status":"pending","email_address":"another@portal.example"},
             {"id":"inv_2","status":"pending","email_address":"Person@Portal.example"},{"id":"inv_3","status":"pending"}]}
            """);

        var found = await directory.PendingInvitationsAsync("org_1", "person@portal.example", default);

        Assert.Equal("inv_2", Assert.Single(found.Value!).Id);
    }

    [Theory]
    [InlineData(499, 1)]
    [InlineData(500, 2)]
    [InlineData(501, 2)]
    [InlineData(1001, 3)]
    public async Task All_members_are_read_page_after_page(int members, int calls)
    {
        var asked = 0;
        answers.Next = () =>
        {
            var page = Enumerable.Range(500 * asked++, 500).Where(number => number < members)
                .Select(number => $$$"""{"public_user_data":{"user_id":"user_{{{number}}}"}}""");
            return Json(200, $$"""{"data":[{{string.Join(',', page)}}]}""");
        };

        var found = (await directory.MembersAsync("org_1", default)).Value!;

        Assert.Equal(Enumerable.Range(0, members).Select(number => $"user_{number}"), found);
        Assert.Equal(calls, asked);
        Assert.Equal(
            Enumerable.Range(0, calls).Select(page => $"?limit=500&offset={500 * page}"), answers.Asked.Select(address => address.Query));
    }

    [Theory]
    [InlineData("org_1", "019a0000-0000-7000-8000-000000000001", 2)]
    [InlineData("org_2", "00000000-0000-0000-0000-000000000000", 0)]
    [InlineData("org_3", null, 0)]
    public async Task The_mark_is_that_of_the_membership_of_the_organization_that_is_asked_about(
        string organization, string? invite, int generation)
    {
        answers.Next = () => Json(200, """
            {"data":[{"organization":{"id":"org_2"},"public_metadata":{}},{"public_metadata":{}},
             {"organization":{"id":"org_1"},
              "public_metadata":{"invite_id":"019a0000-0000-7000-8000-000000000001","generation":2}}]}
            """);

        var found = await directory.FindMembershipAsync("user_1", organization, default);

        Assert.Equal(invite is null ? null : new InviteMark(Guid.Parse(invite), generation), found.Value);
        Assert.Equal(invite is null ? new VendorFailure.Refused(404, "no_membership") : null, found.Failure);
    }

    public void Dispose()
    {
        http.Dispose();
        answers.Dispose();
    }

    private static HttpResponseMessage Json(int status, string body) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private sealed class Answers : HttpMessageHandler
    {
        public Func<HttpResponseMessage> Next { get; set; } = null!;

        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            return Task.FromResult(Next());
        }
    }
}
