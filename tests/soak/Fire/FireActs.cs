using Portal.Foundation.Outbox;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Fire;

/// <summary>Where it all happens: made before the fire.</summary>
/// <param name="Asset">A ready one, to talk about and to share.</param>
/// <param name="Uploader">Who made it.</param>
public sealed record FireWorld(Guid Busy, Guid Shooting, Guid Asset, string Uploader);

/// <summary>
/// One person's desk: acts at random through the front door, and notes what must come of each. Several desks work at once, each on its own
/// projects, tasks, threads and links, in the same two projects of everybody.
/// </summary>
public sealed class FireActs(FireCaller caller, FireWorld world, Expected expected, int desk, int seed)
{
    private static readonly string[] Moves = ["in_progress", "blocked", "in_progress", "done"];
    private static readonly Guid[] Admins = [TestPeople.UserId("admin")];

    private readonly Random random = new(seed + desk);
    private readonly List<(Guid Id, Guid[] Followers, int Moved)> tasks = [];
    private readonly List<(Guid Id, string Owner)> links = [];
    private int number;

    /// <summary>Who works in the project of uploads, and is mailed of each.</summary>
    public static IReadOnlyList<string> Shooters { get; } = ["crew1", "crew2"];

    public Task ActAsync() => random.Next(100) switch
    {
        < 14 => ProjectAsync(),
        < 58 => TaskAsync(),
        < 74 => TalkAsync(),
        < 88 => ShareAsync(),
        < 98 => MarkAsync(),
        _ => UploadAsync(),
    };

    public async Task ProjectAsync()
    {
        var members = Crew(1 + random.Next(2));
        var ids = members.Select(TestPeople.UserId).ToArray();
        var project = (
            await caller.PostAsync("admin", "/api/projects", new { name = $"Project {desk}-{++number}", memberIds = ids }, 201)).Id;
        expected.Event(EventType.ProjectCreated, project);
        if (random.Next(4) > 0)
        {
            Told(EventType.ProjectCreated, project, ids);
            return;
        }

        // Off and on again: two mails about one project to one person, if they were in it when its making was routed.
        Told(EventType.ProjectCreated, project, ids[1..]);
        Told(EventType.ProjectCreated, project, ids[..1], least: 0);
        await caller.SureAsync("admin", HttpMethod.Delete, $"/api/projects/{project}/members/{ids[0]}", null, 204);
        await caller.SureAsync("admin", HttpMethod.Put, $"/api/projects/{project}/members/{ids[0]}", null, 200);
        expected.Event(EventType.ProjectMemberAdded, project);
        Told(EventType.ProjectMemberAdded, project, ids[..1]);
    }

    public async Task TaskAsync()
    {
        if (tasks.Count < 3 || random.Next(8) == 0)
        {
            var assignees = Crew(1 + random.Next(2)).Select(TestPeople.UserId).ToArray();
            var watchers = Crew(random.Next(2)).Select(TestPeople.UserId).ToArray();
            var made = await caller.PostAsync(
                Pick(), "/api/tasks",
                new { projectId = world.Busy, title = $"Task {desk}-{++number}", assigneeIds = assignees, watcherIds = watchers }, 201);
            expected.Event(EventType.TaskCreated, made.Id);
            tasks.Add((made.Id, [.. assignees.Union(watchers)], 0));
            return;
        }

        var at = random.Next(tasks.Count);
        var (id, followers, moved) = tasks[at];
        var who = Pick();
        await caller.PostAsync(who, $"/api/tasks/{id}/status", new { status = Moves[moved % Moves.Length] }, 200);
        tasks[at] = (id, followers, moved + 1);
        expected.Event(EventType.TaskStatusChanged, id);
        expected.Notice(EventType.TaskStatusChanged, id, followers.Where(f => f != TestPeople.UserId(who)));
    }

    /// <summary>A thread and an answer to it. Who answers may be in the thread before its first comment is routed, and then hears of that
    /// too.</summary>
    public async Task TalkAsync()
    {
        var (first, second, named) = Crew(3) is [var a, var b, var c] ? (a, b, c) : default;
        var uploader = TestPeople.UserId(world.Uploader);
        var path = $"/api/assets/{world.Asset}/versions/1/comments";
        var thread = (
            await caller.PostAsync(
                first, path, new { body = $"Look {desk}-{++number}", mentions = new[] { TestPeople.UserId(named) } }, 201)).Id;
        var others = new[] { TestPeople.UserId(named), uploader }.Where(u => u != TestPeople.UserId(first)).Distinct().ToArray();
        expected.Event(EventType.CommentAdded, thread);
        expected.Notice(EventType.CommentAdded, thread, others);
        expected.Mail(EventType.CommentAdded, thread, [TestPeople.UserId(named)]);
        expected.Notice(EventType.CommentAdded, thread, new[] { TestPeople.UserId(second) }.Except(others), least: 0);

        var answer = (await caller.PostAsync(second, path, new { body = "Seen", parentId = thread }, 201)).Id;
        expected.Event(EventType.CommentAdded, answer);
        expected.Notice(
            EventType.CommentAdded, answer, new[] { TestPeople.UserId(first), uploader }.Where(u => u != TestPeople.UserId(second)));
    }

    /// <summary>A link to one or two guests, opened or not, revoked at once, later, or never.</summary>
    public async Task ShareAsync()
    {
        if (links.Count > 3)
        {
            await RevokeAsync();
            return;
        }

        var owner = Pick();
        var guests = Enumerable.Range(1, 1 + random.Next(2)).Select(i => $"guest{desk}-{++number}-{i}@client.example").ToArray();
        var link = await caller.PostAsync(owner, "/api/share-links", new { assetId = world.Asset, guestEmails = guests }, 201);
        expected.Event(EventType.ShareLinkCreated, link.Id);
        links.Add((link.Id, owner));
        if (random.Next(3) == 0)
        {
            await OpenAsync(link, TestPeople.UserId(owner));
        }

        if (random.Next(3) == 0)
        {
            await RevokeAsync();
        }
    }

    public async Task UploadAsync()
    {
        var who = Shooters[random.Next(Shooters.Count)];
        var name = $"Take {desk}-{++number}";
        var job = (await caller.PostAsync(
            who, "/api/uploads",
            new { projectId = world.Shooting, title = name, fileName = "take.mp4", sizeBytes = FireBytes.Length, source = "direct" }, 201,
            202)).Id;
        expected.Event(EventType.AssetUploaded, job);
        expected.Event(EventType.AssetReady, job);
        Told(EventType.AssetReady, job, [.. Shooters.Select(TestPeople.UserId)]);
        await FireBytes.SendAsync(caller, who, job);
    }

    private async Task MarkAsync()
    {
        var who = random.Next(8) == 0 ? "admin" : Pick();
        if (random.Next(3) == 0)
        {
            await caller.PostAsync(who, "/api/notifications/read-all", null, 200);
            return;
        }

        var newest = await caller.SureAsync(who, HttpMethod.Get, "/api/notifications?unread=true&limit=1", null, 200);
        if (newest.Field("items").AsArray() is [{ } first])
        {
            await caller.PostAsync(who, $"/api/notifications/{first["id"]}/read", null, 200);
        }
    }

    private async Task RevokeAsync()
    {
        var at = random.Next(links.Count);
        var (link, owner) = links[at];
        links.RemoveAt(at);
        await caller.PostAsync(owner, $"/api/share-links/{link}/revoke", null, 200);
        expected.Event(EventType.ShareLinkRevoked, link);
        expected.Notice(EventType.ShareLinkRevoked, link, Admins);
    }

    private async Task OpenAsync(Answer link, Guid owner)
    {
        if (await caller.TryAsync(null, HttpMethod.Get, $"/api/share/{link.Text("token")}") is not { Code: 200 })
        {
            expected.Perhaps(EventType.ShareLinkOpened, link.Id, [owner]);
            return;
        }

        expected.Event(EventType.ShareLinkOpened, link.Id);
        expected.Notice(EventType.ShareLinkOpened, link.Id, [owner]);
    }

    private void Told(string type, Guid aggregate, Guid[] people, int least = 1)
    {
        expected.Notice(type, aggregate, people, least);
        expected.Mail(type, aggregate, people, least);
    }

    private string Pick() => $"crew{random.Next(1, TestPeople.Crew + 1)}";

    private string[] Crew(int count)
    {
        string[] all = [.. Enumerable.Range(1, TestPeople.Crew).Select(i => $"crew{i}")];
        random.Shuffle(all);
        return all[..count];
    }
}
