using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Xunit;

namespace Portal.Tests.Support;

/// <summary>Calls around projects, milestones and tasks, and what they leave behind.</summary>
public static class PlanningCalls
{
    /// <summary>A PATCH of the version that <paramref name="read"/> showed; null sends no If-Match.</summary>
    public static Task<Answer> EditAsync(this HttpClient http, string path, object body, Answer? read) =>
        http.SpeakAsync(HttpMethod.Patch, path, body, read);

    /// <summary>A PUT without a body.</summary>
    public static Task<Answer> SetAsync(this HttpClient http, string path) => http.SpeakAsync(HttpMethod.Put, path, null, null);

    /// <summary>A DELETE; of the version that <paramref name="read"/> showed, where there is one.</summary>
    public static Task<Answer> DropAsync(this HttpClient http, string path, Answer? read = null) =>
        http.SpeakAsync(HttpMethod.Delete, path, null, read);

    public static async Task<Answer> NewTaskAsync(
        this TestPortal portal, Guid project, string title = "Grade the opening", object? more = null, string person = "agency")
    {
        var body = new Dictionary<string, object?> { ["projectId"] = project, ["title"] = title };
        foreach (var property in more?.GetType().GetProperties() ?? [])
        {
            body[property.Name] = property.GetValue(more);
        }

        // The clock stands still: a moment later, or the newest could not be told.
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return (await portal.As(person).PostAsync("/api/tasks", body)).Expect(201);
    }

    /// <summary>A project that is newer than all others.</summary>
    public static Task<Guid> NextProjectAsync(this TestPortal portal, string name)
    {
        portal.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return portal.NewProjectAsync(name);
    }

    public static async Task<Answer> NewMilestoneAsync(
        this TestPortal portal, Guid project, string name = "Rough cut", string? dueDate = null) =>
        (await portal.As("admin").PostAsync("/api/milestones", new { projectId = project, name, dueDate })).Expect(201);

    public static Task<Answer> MoveTaskAsync(this TestPortal portal, Guid task, string status, string person = "agency") =>
        portal.As(person).PostAsync($"/api/tasks/{task}/status", new { status });

    /// <summary>Puts a row into a status, past all rules: where a test begins.</summary>
    public static async Task PlaceTaskAsync(this TestPortal portal, Guid task, string status)
    {
        await using var connection = await portal.OpenAsync();
        Assert.Equal(1, await connection.ExecuteAsync(
            "update portal.tasks set status = @status, done_at = case when @status = 'done' then now() end where id = @task",
            new { task, status }));
    }

    /// <summary>The answers of eight who ask for the same at once: one may win, the others are refused with 409.</summary>
    public static async Task<Answer> OneOfEightAsync(Func<int, Task<Answer>> ask, int won = 200)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(ask));
        Assert.All(answers, a => Assert.True(a.Code == won || a.Code == 409, $"{a.Code}: {a.Body}"));
        return Assert.Single(answers, a => a.Code == won);
    }

    public static Task<long> AuditedAsync(this TestPortal portal, Guid entity, string action) =>
        portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log where entity_id = @entity and action = @action", new { entity, action });

    public static Task<long> EventsAsync(this TestPortal portal, Guid aggregate, string type) =>
        portal.ScalarAsync<long>(
            "select count(*) from portal.events where aggregate_id = @aggregate and type = @type", new { aggregate, type });

    /// <summary>The values of one field of a page, in its order.</summary>
    public static IReadOnlyList<string> Column(this Answer page, string field) =>
        [.. page.Expect(200).Field("items").AsArray().Select(row => row![field]?.ToString() ?? "null")];

    /// <summary>All pages of a list; <paramref name="between"/> happens after each. A cursor that was there before would lead round in a
    /// circle: it is one page too many, and the end.</summary>
    public static async Task<IReadOnlyList<string>> WalkAsync(
        this HttpClient http, string path, string field, int limit, Func<Task>? between = null)
    {
        var (all, had) = (new List<string>(), new HashSet<string>());
        var (page, cursor) = ((Answer)null!, (string?)null);
        do
        {
            page = await http.FetchAsync(
                $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={limit}"
                + $"{(cursor is null ? "" : $"&cursor={cursor}")}");
            all.AddRange(page.Column(field));
            cursor = page.Json!["nextCursor"]?.ToString();
            await (between?.Invoke() ?? Task.CompletedTask);
        }
        while (cursor is not null && had.Add(cursor));
        return all;
    }

    private static async Task<Answer> SpeakAsync(this HttpClient http, HttpMethod method, string path, object? body, Answer? read)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
        };
        if (read is not null)
        {
            request.Headers.IfMatch.Add(read.Headers.ETag!);
        }

        return await (await http.SendAsync(request)).ReadAsync();
    }
}
