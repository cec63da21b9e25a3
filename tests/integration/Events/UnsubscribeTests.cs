using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>Every mail has a way out that works with one click, for members and for guests, and stops only mails like it (RFC
/// 8058).</summary>
public sealed class UnsubscribeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_member_gets_no_more_mails_of_that_type_but_still_finds_it_in_the_portal()
    {
        var first = await portal.NewProjectAsync("One");
        await portal.DeliverAsync();
        var way = Way(await MailOfAsync("crew1", first));
        Assert.StartsWith(portal.Host.Address.ToString(), way, StringComparison.Ordinal);

        // Looking is not yet doing: scanners follow links.
        var page = (await portal.Anonymous.FetchAsync(way)).Expect(200);
        Assert.Contains("<form method=\"post\">", page.Body, StringComparison.Ordinal);
        await portal.NewProjectAsync("Two");
        await portal.DeliverAsync();
        var mails = (await portal.InboxOfAsync("crew1")).Count;

        for (var twice = 0; twice < 2; twice++)
        {
            using var form = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
            Assert.Equal(200, (int)(await portal.Anonymous.PostAsync(new Uri(way), form)).StatusCode);
        }

        var third = await portal.NewProjectAsync("Three");
        await portal.DeliverAsync();
        Assert.Equal(mails, (await portal.InboxOfAsync("crew1")).Count);
        Assert.Contains(third, await portal.ToldAsync("crew1", "project_created"));
        await MailOfAsync("crew2", third);
        Assert.Equal(1, await portal.AuditedAsync(TestPeople.UserId("crew1"), "mail_unsubscribed"));
    }

    [Fact]
    public async Task Who_once_chose_the_mail_gets_no_more_of_it_and_nothing_else_that_they_chose_changes()
    {
        var user = TestPeople.UserId("crew4");
        await portal.DoAsync("""
            insert into portal.notification_preferences (tenant_id, user_id, event_type, in_app, email)
            values (@tenant, @user, 'project_created', false, true), (@tenant, @user, 'comment_added', false, true)
            """, new { tenant = TestPeople.Tenant, user });

        var first = await portal.NewProjectAsync("Chosen");
        await portal.DeliverAsync();
        var way = Way(await MailOfAsync("crew4", first));
        for (var twice = 0; twice < 2; twice++)
        {
            Assert.Equal(200, (int)(await portal.Anonymous.PostAsync(new Uri(way), null)).StatusCode);
        }

        var second = await portal.NewProjectAsync("Chosen no more");
        await portal.DeliverAsync();
        Assert.DoesNotContain(
            await portal.InboxOfAsync("crew4"), m => m.Text!.Contains(second.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(second, await portal.ToldAsync("crew4", "project_created"));
        Assert.Equal(["comment_added false true", "project_created false false"], await portal.ListAsync("""
            select concat_ws(' ', event_type, in_app::text, email::text) from portal.notification_preferences
             where user_id = @user order by event_type
            """, new { user }));
        Assert.Equal(1, await portal.AuditedAsync(user, "mail_unsubscribed"));
    }

    [Fact]
    public async Task A_guest_gets_no_more_of_that_tenant_and_the_reason_is_kept()
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId"));
        await portal.ShareAsync(asset, new { guestEmails = new[] { "enough@client.example", "more@client.example" } });
        await portal.DeliverAsync();
        var mail = Assert.Single(await portal.InboxOfAsync("enough@client.example"));
        Assert.Equal(200, (int)(await portal.Anonymous.PostAsync(new Uri(Way(mail)), null)).StatusCode);

        var link = await portal.ShareAsync(asset, new { guestEmails = new[] { "enough@client.example", "more@client.example" } });
        await portal.DeliverAsync();
        Assert.Single(await portal.InboxOfAsync("enough@client.example"));
        Assert.Equal(2, (await portal.InboxOfAsync("more@client.example")).Count);
        Assert.Equal(
            ["suppressed: unsubscribed"], await portal.ListAsync(
                "select reason from portal.deliveries where aggregate_id = @id and status = 'skipped'", new { id = link.Id }));

        // It stops mails like it, and no others.
        await portal.DoAsync("update portal.mail_suppressions set event_type = 'comment_added' where reason = 'unsubscribed'");
        await portal.ShareAsync(asset, new { guestEmails = new[] { "enough@client.example" } });
        await portal.DeliverAsync();
        Assert.Equal(2, (await portal.InboxOfAsync("enough@client.example")).Count);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_made_up_token_is_not_found(string token)
    {
        (await portal.Anonymous.FetchAsync($"/api/mail/unsubscribe/{token}")).Expect(404);
        (await portal.Anonymous.PostAsync($"/api/mail/unsubscribe/{token}")).Expect(404);
    }

    [Fact]
    public async Task A_token_whose_signature_was_changed_is_not_found_and_stops_no_mail()
    {
        var first = await portal.NewProjectAsync("Signed");
        await portal.DeliverAsync();
        var way = Way(await MailOfAsync("crew3", first));
        var changed = $"{way[..^5]}{(way[^5] == 'A' ? 'B' : 'A')}{way[^4..]}";

        (await portal.Anonymous.FetchAsync(changed)).Expect(404);
        using var form = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        Assert.Equal(404, (int)(await portal.Anonymous.PostAsync(new Uri(changed), form)).StatusCode);

        var second = await portal.NewProjectAsync("Signed again");
        await portal.DeliverAsync();
        await MailOfAsync("crew3", second);
        Assert.Equal(0, await portal.AuditedAsync(TestPeople.UserId("crew3"), "mail_unsubscribed"));
    }

    private static string Way(LocalVendors.InboxMessage mail) => mail.Header("List-Unsubscribe")!.Trim('<', '>');

    private async Task<LocalVendors.InboxMessage> MailOfAsync(string person, Guid about) =>
        Assert.Single(await portal.InboxOfAsync(person), m => m.Text!.Contains(about.ToString(), StringComparison.Ordinal));
}
