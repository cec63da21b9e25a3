using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Tests.Integration.Contract;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Every list of the OpenAPI document that can be read from either end: both directions, in pages, and how many there
/// are.</summary>
public sealed class EveryListTests(EveryListTests.FilledPortal filled) : IClassFixture<EveryListTests.FilledPortal>
{
    /// <summary>What comes first without being asked for: the newest, but of these.</summary>
    private static readonly string[] Ascending =
        ["ListMilestones", "ListProjectMembers", "ListComments", "ListSharedComments", "ListIncidentTimeline"];

    public static TheoryData<string> Lists =>
        [.. Listing.Select(o => o.Name)];

    private static IEnumerable<ApiOperation> Listing =>
        ApiOperation.All.Where(o => o.About.Query?.IsAssignableTo(typeof(OrderedListInput)) == true);

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_list_goes_either_way_and_counts_itself(string name)
    {
        var operation = ApiOperation.All.Single(o => o.Name == name);
        var list = await RequestAsync(operation);
        var (own, other) = Ascending.Contains(name) ? ("asc", "desc") : ("desc", "asc");

        var usual = await WalkAsync(list, "");
        Assert.True(usual.Distinct().Count() >= 3, $"{usual.Count} rows show no direction.");
        Assert.Equal(usual, await WalkAsync(list, $"&order={own}"));
        Assert.Equal(usual.AsEnumerable().Reverse(), await WalkAsync(list, $"&order={other}"));

        // A cursor is one of its direction.
        var cursor = (await ReadAsync(list, "limit=1", 200)).Json!["nextCursor"]!.ToString();
        await ReadAsync(list, $"limit=1&cursor={cursor}", 200);
        await ReadAsync(list, $"limit=1&cursor={cursor}&order={own}", 200);
        await ReadAsync(list, $"limit=1&cursor={cursor}&order={other}", 400);
        await ReadAsync(list, "order=sideways", 400);

        var counts = operation.About.Query!.IsAssignableTo(typeof(CountedListInput));
        var counted = await ReadAsync(list, "limit=1&total=true", counts ? 200 : 400);
        if (counts)
        {
            Assert.Equal(usual.Count, counted.Json!["total"]!.GetValue<int>());
            Assert.False((await ReadAsync(list, "limit=1", 200)).Json!.AsObject().ContainsKey("total"), "Nobody asked for a total.");
        }
    }

    [Theory]
    [InlineData("ListMilestones", "status=done", 0)]
    [InlineData("ListMilestones", "dueBefore=2026-05-03", 2)]
    [InlineData("ListMilestoneTemplates", "status=archived", 0)]
    [InlineData("ListInvites", "status=revoked", 1)]
    [InlineData("ListComments", "resolved=true", 1)]
    [InlineData("ListSharedComments", "resolved=true", 1)]
    [InlineData("ListNotifications", "unread=false", 0)]
    [InlineData("ListNotifications", "type=share_link_revoked", 0)]
    [InlineData("ListAlerts", "kind=mux_task_stuck", 0)]
    [InlineData("ListAlerts", "severity=critical", 0)]
    [InlineData("ListAlerts", "status=resolved", 0)]
    [InlineData("ListIncidents", "kind=security", 0)]
    [InlineData("ListIncidents", "status=acknowledged", 0)]
    [InlineData("ListErasures", "status=failed", 0)]
    [InlineData("ListExports", "status=failed", 0)]
    [InlineData("ListHolds", "inForce=false", 0)]
    [InlineData("ListRestoreTests", "succeeded=false", 0)]
    [InlineData("ListVendorReviews", "vendor=mux", 0)]
    [InlineData("ListUploads", "mine=true", 0)]
    [InlineData("ListWebhookEndpoints", "enabled=false", 0)]
    public async Task A_total_is_that_of_what_was_asked_for(string name, string filter, int total)
    {
        var list = await RequestAsync(ApiOperation.All.Single(o => o.Name == name));
        Assert.Equal(total, (await ReadAsync(list, $"{filter}&total=true", 200)).Json!["total"]!.GetValue<int>());
    }

    /// <summary>Every filter of every list that names a field of its rows.</summary>
    public static TheoryData<string, string> Filters
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (list, filter) in Listing.SelectMany(
                list => list.About.Query!.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .Where(p => !p.DeclaringType!.IsAssignableFrom(typeof(CountedListInput)) && !ToldElsewhere.Contains(p.Name))
                    .Select(p => (list.Name, Filter: JsonNamingPolicy.CamelCase.ConvertName(p.Name)))))
            {
                data.Add(list, filter);
            }

            return data;
        }
    }

    /// <summary>Ranges, words, people among several, and orders.</summary>
    private static readonly string[] ToldElsewhere =
    [
        "Q", "Sort", "Mine", "MemberId", "AssigneeId", "WatcherId", "DueBefore", "DueAfter", "Overdue", "From", "To",
    ];

    /// <summary>What a list leaves out unless it is asked for.</summary>
    private static readonly (string List, string Filter, string Value)[] Hidden =
        [("ListProjects", "status", "archived"), ("ListMilestoneTemplates", "status", "archived")];

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task A_filter_shows_the_rows_that_it_names_and_no_others(string name, string filter)
    {
        var operation = ApiOperation.All.Single(o => o.Name == name);
        var list = await RequestAsync(operation);
        var all = await ItemsAsync(list, "");
        var property = operation.About.Query!.GetProperties().Single(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name) == filter);
        var there = all.Select(item => ValueOf(item, filter, all)).OfType<string>().Distinct().ToList();
        Assert.NotEmpty(there);
        var never = property.GetCustomAttribute<OneOfAttribute>()?.Allowed
            ?? (property.PropertyType == typeof(bool?) ? ["true", "false"]
            : property.PropertyType == typeof(Guid?) ? [Guid.NewGuid().ToString()] : ["nothing-of-the-kind"]);
        foreach (var value in there.Take(5).Union(never).Where(value => !Hidden.Contains((name, filter, value))))
        {
            Assert.Equal(
                all.Where(item => ValueOf(item, filter, all) == value).Select(IdOf),
                (await ItemsAsync(list, $"&{filter}={Uri.EscapeDataString(value)}")).Select(IdOf));
        }
    }

    /// <summary>What a row has where the filter looks; a reply is resolved with its thread.</summary>
    private static string? ValueOf(JsonNode item, string filter, IReadOnlyList<JsonNode> all) => filter switch
    {
        "unread" => item["readAt"] is null ? "true" : "false",
        "inForce" => item["liftedAt"] is null ? "true" : "false",
        "actor" => item["actorId"]?.ToString(),
        "linkId" => item["shareLinkId"]?.ToString(),
        "authorId" => item["author"]!["userId"]?.ToString(),
        "resolved" => item["parentId"] is { } thread
            ? ValueOf(all.Single(other => IdOf(other) == thread.ToString()), filter, all)
            : (item["resolved"]?.GetValue<bool>() ?? item["resolvedAt"] is not null) ? "true" : "false",
        "status" when item["latestVersion"] is JsonObject version => version["status"]!.ToString(),
        _ => item[filter]?.ToString(),
    };

    /// <summary>A release's migrations run while the release before it serves: its connections have prepared what they send.</summary>
    [Fact]
    public async Task Lists_are_read_on_when_a_migration_adds_columns()
    {
        var lists = new List<ApiRequest>();
        foreach (var operation in Listing)
        {
            lists.Add(await RequestAsync(operation));
        }

        await ReadAllAsync();
        await ReadAllAsync();
        await using var owner = await filled.World.Portal.OpenAsync();
        await owner.ExecuteAsync("""
            do $$ declare name regclass; begin
              for name in select oid from pg_class where relnamespace = 'portal'::regnamespace and relkind = 'r' loop
                execute format('alter table %s add column of_the_next_release int default 1', name);
              end loop;
            end $$
            """);
        await ReadAllAsync();

        async Task ReadAllAsync()
        {
            foreach (var list in lists)
            {
                await ReadAsync(list, "limit=2", 200);
            }
        }
    }

    private async Task<ApiRequest> RequestAsync(ApiOperation list) => list.Request("GET", await ApiSamples.Of(list).Make(filled.World));

    private async Task<IReadOnlyList<JsonNode>> ItemsAsync(ApiRequest list, string query, int limit = 200)
    {
        var items = new List<JsonNode>();
        JsonNode? cursor = null;
        do
        {
            var page = (await ReadAsync(list, $"limit={limit}{query}{(cursor is null ? "" : $"&cursor={cursor}")}", 200)).Json!;
            items.AddRange(page["items"]!.AsArray().Select(item => item!));
            cursor = page["nextCursor"];
        }
        while (cursor is not null);
        return items;
    }

    private async Task<IReadOnlyList<string>> WalkAsync(ApiRequest list, string query) =>
        [.. (await ItemsAsync(list, query, limit: 2)).Select(IdOf)];

    private static string IdOf(JsonNode? item) =>
        (item!["id"] ?? item["viewerId"] ?? item["eventId"] ?? item["userId"])!.ToString();

    private async Task<ApiAnswer> ReadAsync(ApiRequest list, string query, int status)
    {
        var answer = await filled.World.SendAsync(list with { Path = $"{list.Path}?{query}" });
        Assert.True(answer.Status == status, $"{list.Path}?{query}: {answer}");
        return answer;
    }

    /// <summary>A portal with three of everything that there is a list of.</summary>
    public sealed class FilledPortal : IAsyncLifetime
    {
        private readonly ContractPortal portal = new();

        public SampleWorld World => portal.World;

        public async Task InitializeAsync()
        {
            await portal.InitializeAsync();
            var (project, asset) = (await World.ProjectAsync(), await World.SharedAssetAsync());
            var link = (await portal.Portal.As("agency").FetchAsync($"/api/share-links/{await World.LinkAsync()}")).Expect(200);
            for (var day = 1; day <= 3; day++)
            {
                (await portal.Portal.As("admin").PostAsync(
                    "/api/milestones", new { projectId = project, name = $"Due {day}", dueDate = $"2026-05-0{day}" })).Expect(201);
                await World.NewMilestoneAsync();
                await World.NewTemplateAsync();
                await World.NewTaskAsync();
                await World.NewInviteAsync();
                await World.NewCommentAsync();
                await World.NewNotificationAsync();
                await World.NewFailedDeliveryAsync();
                await World.NewDeadWebhookAsync();
                await World.NewIncidentAsync();
                await World.NewAlertAsync();
                await World.NewResidencyReportAsync();
                await World.NewErasureAsync("requested");
                await World.NewExportAsync("requested");
                await World.NewHoldAsync();
                await World.NewVendorReviewAsync();
                await World.NewEndpointAsync();
                (await portal.Portal.As("operator").PostAsync("/api/ops/restore-tests", World.NewRestoreTest())).Expect(201);
                await portal.Portal.ShareAsync(asset, new { guestEmails = new[] { "client@portal.example" } });
                (await portal.Portal.GuestOf(link).OpenAsync()).Expect(200);
                await portal.Portal.WhileMovingAsync(portal.Portal.As("agency").PostAsync(
                    "/api/uploads", new { projectId = project, assetId = asset, fileName = "next.mp4", sizeBytes = 10 }));
                portal.Portal.Clock.Advance(TimeSpan.FromSeconds(1));
            }

            var milestone = (await portal.Portal.As("admin").PostAsync(
                "/api/milestones", new { projectId = project, name = "With a task" })).Expect(201);
            (await portal.Portal.As("admin").PostAsync(
                "/api/tasks", new { projectId = project, title = "Of a milestone", milestoneId = milestone.Id })).Expect(201);
            (await portal.Portal.As("agency").PostAsync($"/api/assets/{asset}/playback")).Expect(200);
            await World.NewRevokedInviteAsync();
            await World.NewResolvedCommentAsync();
            await World.NewProjectAsync();
            await World.NewProjectAsync();
            await World.NewAssetAsync();
            await World.NewAssetAsync();
        }

        public Task DisposeAsync() => portal.DisposeAsync();
    }
}
