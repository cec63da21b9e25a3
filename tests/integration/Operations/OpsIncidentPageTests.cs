using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>The page of an incident, as a browser without scripts sees it.</summary>
public sealed class OpsIncidentPageTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_incident_is_opened_from_the_overview_and_worked_on_by_its_forms()
    {
        var id = await portal.BreachAsync();
        using var browser = await portal.SignedInAsync();
        Assert.Contains($"href=\"/ops/incidents/{id}\"", (await browser.FetchAsync("/ops")).Body, StringComparison.Ordinal);
        var page = (await browser.FetchAsync($"/ops/incidents/{id}")).Expect(200).Body;
        Says(page, "Error budget of availability burns", "Opened by user_operator, severity critical", "nobody");
        var form = OpsCalls.FormToken(page);

        Says(await DoneAsync(browser, id, form, "acknowledge"), "Acknowledged: PagerDuty", "Acknowledged by user_operator");
        Says(await DoneAsync(browser, id, form, "assign"), "It is yours.", "Taken by user_operator", "Give it back");
        Says(await DoneAsync(browser, id, form, "unassign"), "It is nobody", "Assigned to nobody");
        Says(
            await DoneAsync(browser, id, form, "note", "<b>Two</b>\r\nlines"), "Noted.", "Note by user_operator",
            "&lt;b&gt;Two&lt;/b&gt;\nlines");
        page = await DoneAsync(browser, id, form, "resolve", "The budget is back");
        Says(page, "Resolved by user_operator: The budget is back", "data-live=\"0\"", "Add note");
        Assert.DoesNotContain("Why it is over", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Assign to me", page, StringComparison.Ordinal);
        Assert.Equal(
            ["resolved user_operator"], await portal.ListAsync(
                "select status || ' ' || resolved_by from portal.incidents where id = @id and assignee is null", new { id }));
        Assert.Equal(
            (1, 1, 1, 1), (
                await portal.AuditedAsync(id, "incident_acknowledged"), await portal.AuditedAsync(id, "incident_assigned"),
                await portal.AuditedAsync(id, "incident_unassigned"), await portal.AuditedAsync(id, "incident_noted")));
        using var template = await browser.GetAsync(new Uri($"/ops/incidents/{id}/postmortem", UriKind.Relative));
        Assert.Equal("text/markdown", template.Content.Headers.ContentType!.MediaType);
        Assert.Contains("> \\<b\\>Two", await template.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_and_what_was_typed_is_kept()
    {
        var id = await portal.BreachAsync();
        using var browser = await portal.SignedInAsync();
        var form = OpsCalls.FormToken((await browser.FetchAsync($"/ops/incidents/{id}")).Body);
        Says((await SubmitAsync(browser, id, form, "resolve", " ")).Expect(400).Body, "Say why it is over", "aria-invalid=\"true\"");
        Says((await SubmitAsync(browser, id, form, "note", "")).Expect(400).Body, "A note has 1 to 2000 characters");
        var long2001 = new string('x', 2001);
        Says((await SubmitAsync(browser, id, form, "note", long2001)).Expect(400).Body, "A note has 1 to 2000", long2001);
        (await SubmitAsync(browser, id, form, "note", new string('\u6f22', 2000))).Expect(303);
        (await SubmitAsync(browser, id, form, "delete", "Try")).Expect(404);
        (await SubmitAsync(browser, Guid.NewGuid(), form, "acknowledge")).Expect(404);
        (await browser.FetchAsync($"/ops/incidents/{Guid.NewGuid()}")).Expect(404);
        (await browser.FetchAsync($"/ops/incidents/{Guid.NewGuid()}/postmortem")).Expect(404);

        // Somebody was faster.
        (await portal.MoveAsync(id, "resolve")).Expect(200);
        Says((await SubmitAsync(browser, id, form, "acknowledge")).Expect(409).Body, "Not done. The incident is resolved.");
        Says((await SubmitAsync(browser, id, form, "assign")).Expect(409).Body, "Not done. The incident is resolved.");
        Assert.Equal(1, await portal.AuditedAsync(id, "incident_noted"));
    }

    [Fact]
    public async Task A_form_of_nobody_or_of_another_page_does_nothing()
    {
        var id = await portal.BreachAsync();
        using var stranger = portal.Browser();
        Assert.Equal(
            $"/ops/sign-in?next=%2Fops%2Fincidents%2F{id}",
            (await SubmitAsync(stranger, id, "", "acknowledge")).Expect(303).Headers.Location!.ToString());
        using var browser = await portal.SignedInAsync();
        (await SubmitAsync(browser, id, "", "acknowledge")).Expect(403);
        (await SubmitAsync(browser, id, new string('0', 64), "resolve", "Forged")).Expect(403);
        Assert.Equal("open", await portal.ScalarAsync<string>("select status from portal.incidents where id = @id", new { id }));
    }

    private static void Says(string page, params IReadOnlyList<string> words) =>
        Assert.All(words, word => Assert.Contains(word, page, StringComparison.Ordinal));

    private static Task<Answer> SubmitAsync(HttpClient browser, Guid id, string form, string act, string text = "") =>
        browser.SubmitAsync($"/ops/incidents/{id}/{act}", ("form", form), ("text", text));

    /// <summary>The page that a form leads to.</summary>
    private static async Task<string> DoneAsync(HttpClient browser, Guid id, string form, string act, string text = "")
    {
        var answer = (await SubmitAsync(browser, id, form, act, text)).Expect(303);
        Assert.Equal($"/ops/incidents/{id}?done={act}", answer.Headers.Location!.ToString());
        return (await browser.FetchAsync(answer.Headers.Location!.ToString())).Expect(200).Body;
    }
}
