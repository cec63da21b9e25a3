using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Projects;
using Portal.Sharing.ShareLinks;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>A request, and the statements that the app sends for it.</summary>
public sealed record Scenario(string Name, Func<Ask> Ask, IReadOnlyList<Trip> Trips, Func<Substitutes> Values);

/// <summary>The five scenarios. Their statements are recorded from the portal's own stores, each run once in this process.</summary>
public sealed class Scenarios : IAsyncDisposable
{
    private const int Addresses = 10_000;
    private const int Model = 1;
    private readonly ApiData data;
    private readonly Recorder recorder = new();
    private readonly PortalDataSources sources;
    private readonly ServiceProvider portal;
    private readonly Caller caller = new(
        new(ApiData.Key("tenant", Model)), new(ApiData.Key("user", Model)), Role.Admin, ApiData.ClerkUser(Model), null, "bench");
    private int patched;

    public Scenarios(ApiData data)
    {
        this.data = data;
        sources = new PortalDataSources(
            recorder.Build(data.Settings.App), NpgsqlDataSource.Create(data.Settings.Values["Database:System"]!));
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(data.Settings.Values).Build()).AddLogging();
        services.AddPortalCore();
        portal = services.AddSingleton(sources).BuildServiceProvider();
    }

    public IServiceProvider Portal => portal;

    public async Task<IReadOnlyList<Scenario>> RecordAsync() =>
    [
        await ListAsync(),
        await GetAsync(),
        await CreateAsync(),
        await PatchAsync(),
        await OpenAsync(),
    ];

    /// <summary>The statement of a list as it goes to the database, for a look at its plan.</summary>
    public async Task<Statement> StatementAsync(Func<IServiceProvider, Task> read) =>
        (await recorder.RecordAsync(() => read(portal)))[0].Statements[^1];

    public async ValueTask DisposeAsync()
    {
        await portal.DisposeAsync();
        await sources.DisposeAsync();
        recorder.Dispose();
    }

    private static int Any(int below) => Random.Shared.Next(below);

    private async Task<Scenario> ListAsync()
    {
        var trips = await SignedInAsync(
            () =>
                portal.GetRequiredService<TaskListQuery>().ReadAsync(
                    caller.Tenant, caller, new TaskFilter(), TaskListQuery.Newest, new Page(50, null), default));
        return new(
            "list", () => new(
                "GET", "/api/tasks", data.Sessions[Any(ApiData.TenantCount)]), trips, () => OfTenant(Any(ApiData.TenantCount)));
    }

    private async Task<Scenario> GetAsync()
    {
        var model = data.Tasks.First(t => t.Tenant == Model).Id;
        var trips = await SignedInAsync(
            () => portal.GetRequiredService<TaskStore>().FindAsync(caller.Tenant, caller, new TaskId(model), default));
        (Guid Id, int Tenant) Pick() => data.Tasks[Any(data.Tasks.Count)];
        return new(
            "get",
            () =>
                Pick() is var (id, tenant) ? new("GET", $"/api/tasks/{id}", data.Sessions[tenant]) : throw new InvalidOperationException(),
            trips,
            () => OfTask(model, Pick()));
    }

    private async Task<Scenario> CreateAsync()
    {
        var fields = new TaskFields("Created by the benchmark", "", TaskPriority.Normal, null, null, []);
        var db = portal.GetRequiredService<PortalDb>();
        var trips = await SignedInAsync(() => db.InTenantAsync(
            caller.Tenant, tx => portal.GetRequiredService<TaskStore>().CreateAsync(
                tx, caller.Tenant, caller, new ProjectId(ApiData.Key("project", Model)), fields, []), default));
        Ask Ask(int tenant) =>
            new(
                "POST", "/api/tasks", data.Sessions[tenant],
                $$"""{"projectId":"{{ApiData.Key("project", tenant)}}","title":"Created by the benchmark"}""");
        return new("create", () => Ask(Any(ApiData.TenantCount)), trips, () => OfTenant(Any(ApiData.TenantCount)));
    }

    private async Task<Scenario> PatchAsync()
    {
        var model = data.Tasks.First(t => t.Tenant == Model).Id;
        var db = portal.GetRequiredService<PortalDb>();
        var trips = await SignedInAsync(() => db.InTenantAsync(
            caller.Tenant,
            tx =>
                portal.GetRequiredService<TaskStore>().UpdateAsync(
                    tx, caller.Tenant, caller, new TaskId(model), 1, was =>
                        new("Patched by the benchmark", was.Description, was.Priority, was.DueOn, was.MilestoneId, null)),
            default));

        // Each is at its first version, and is changed once.
        (Guid Id, int Tenant) Next()
        {
            (Guid Id, int Tenant) task;
            do
            {
                task = data.Tasks[Interlocked.Increment(ref patched) % data.Tasks.Count];
            }
            while (task.Id == model);
            return task;
        }

        Ask Ask((Guid Id, int Tenant) task) =>
            new(
                "PATCH", $"/api/tasks/{task.Id}", data.Sessions[task.Tenant], """{"title":"Patched by the benchmark"}""",
                "If-Match: \"1\"\r\n");
        return new("patch", () => Ask(Next()), trips, () => OfTask(model, Next()));
    }

    private async Task<Scenario> OpenAsync()
    {
        var requester = new Requester(SHA256.HashData([1]), "other", "bench");
        var model = data.LinkTokens[0];
        var trips = await recorder.RecordAsync(
            () =>
                portal.GetRequiredService<OpenShareLink>().RunAsync(
                    new Visitor(model, null, "viewer", null, null, requester), false, default));
        Substitutes Values()
        {
            var values = new Substitutes();
            values.Add(ShareTokens.Hash(model)!, ShareTokens.Hash(data.LinkTokens[Any(data.LinkTokens.Count)])!);
            values.Add(requester.IpHash, SHA256.HashData(BitConverter.GetBytes(Any(Addresses))));
            return values;
        }

        // From many addresses, as guests come: the limit is counted by address.
        static string From(int n) => string.Create(CultureInfo.InvariantCulture, $"X-Forwarded-For: 198.18.{n / 250}.{n % 250}\r\n");
        return new(
            "share-open", () => new(
                "GET", $"/api/share/{data.LinkTokens[Any(data.LinkTokens.Count)]}", null, null, From(Any(Addresses))), trips, Values);
    }

    /// <summary>What every signed-in request sends first, then the rest.</summary>
    private Task<IReadOnlyList<Trip>> SignedInAsync(Func<Task> work) => recorder.RecordAsync(async () =>
    {
        await portal.GetRequiredService<CallerStore>().AdmitAsync(ApiData.ClerkUser(Model), ApiData.Organization(Model), default);
        await work();
    });

    private static Substitutes OfTask(Guid model, (Guid Id, int Tenant) task)
    {
        var values = OfTenant(task.Tenant);
        values.Add(model, task.Id);
        return values;
    }

    private static Substitutes OfTenant(int tenant)
    {
        var values = new Substitutes();
        foreach (var kind in new[] { "tenant", "user", "project" })
        {
            values.Add(ApiData.Key(kind, Model), ApiData.Key(kind, tenant));
            values.Add(ApiData.Key(kind, Model).ToString(), ApiData.Key(kind, tenant).ToString());
        }

        values.Add(ApiData.ClerkUser(Model), ApiData.ClerkUser(tenant));
        values.Add(ApiData.Organization(Model), ApiData.Organization(tenant));
        return values;
    }
}
