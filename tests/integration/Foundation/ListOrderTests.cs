using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>The larger lists: either direction of every order, in pages, and how many there are.</summary>
public sealed class ListOrderTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly string[] Names = ["Birch", "acorn", "Cedar", "birch", "Élan"];

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        if (await portal.ScalarAsync<long>("select count(*) from portal.projects") > 0)
        {
            return;
        }

        foreach (var (at, name) in Names.Index())
        {
            var project = await portal.NewProjectAsync(name);
            (await portal.As("agency").PostAsync("/api/tasks", new
            {
                projectId = project,
                title = name,
                priority = at % 2 == 0 ? "high" : "low",
                dueDate = at == 3 ? null : $"2026-04-{10 - at:00}",
            })).Expect(201);
            (await portal.WhileMovingAsync(portal.As("agency").PostAsync(
                "/api/uploads", new { projectId = project, title = name, fileName = "a.mp4", sizeBytes = 10 }))).Expect(201);
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("/api/projects?sort=newest", "desc")]
    [InlineData("/api/projects?sort=name", "asc")]
    [InlineData("/api/tasks?sort=newest", "desc")]
    [InlineData("/api/tasks?sort=due", "asc")]
    [InlineData("/api/tasks?sort=priority", "desc")]
    [InlineData("/api/tasks?sort=title", "asc")]
    [InlineData("/api/assets?sort=newest", "desc")]
    [InlineData("/api/assets?sort=title", "asc")]
    [InlineData("/api/users?sort=newest", "desc")]
    [InlineData("/api/users?sort=name", "asc")]
    public async Task A_list_goes_either_way_and_counts_itself(string list, string own)
    {
        var other = own == "asc" ? "desc" : "asc";
        var usual = await WalkAsync(list);
        Assert.True(usual.Count >= Names.Length, $"{usual.Count} rows");
        Assert.Equal(usual, await WalkAsync($"{list}&order={own}"));
        Assert.Equal(usual.AsEnumerable().Reverse(), await WalkAsync($"{list}&order={other}"));

        var counted = (await portal.As("admin").FetchAsync($"{list}&limit=1&total=true")).Expect(200);
        Assert.Equal(usual.Count, counted.Field("total").GetValue<int>());
        Assert.False(
            (await portal.As("admin").FetchAsync($"{list}&limit=1")).Json!.AsObject().ContainsKey("total"), "Nobody asked for a total.");

        // A cursor is one of its direction.
        var cursor = counted.Text("nextCursor");
        (await portal.As("admin").FetchAsync($"{list}&limit=1&cursor={cursor}")).Expect(200);
        (await portal.As("admin").FetchAsync($"{list}&limit=1&order={other}&cursor={cursor}")).Expect(400);
    }

    [Theory]
    [InlineData("/api/projects?q=birch", 2)]
    [InlineData("/api/tasks?q=birch", 2)]
    [InlineData("/api/tasks?priority=low", 2)]
    [InlineData("/api/assets?q=birch", 2)]
    [InlineData("/api/users?q=nobody-of-that-name", 0)]
    public async Task A_total_is_that_of_what_was_asked_for(string list, int total) =>
        Assert.Equal(
            total, (await portal.As("admin").FetchAsync($"{list}&total=true")).Expect(200).Field("total").GetValue<int>());

    private async Task<IReadOnlyList<string>> WalkAsync(string list)
    {
        var seen = new List<string>();
        JsonNode? cursor = null;
        do
        {
            var page = (await portal.As("admin").FetchAsync($"{list}&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            seen.AddRange(page.Field("items").AsArray().Select(item => item!["id"]!.ToString()));
            cursor = page.Json!["nextCursor"];
        }
        while (cursor is not null);
        return seen;
    }
}
