using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using Portal.Compliance.Exports.Tenants;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Compliance;

/// <summary>Exports of tenants, restored somewhere else, and how what is answered there differs.</summary>
internal static partial class TenantRestores
{
    /// <summary>A portal in which nobody is, whose people have accounts at Clerk.</summary>
    /// <param name="now">Where its clock stands.</param>
    public static async Task<TestPortal> EmptyPortalAsync(DateTimeOffset now)
    {
        var portal = new TestPortal { Overrides = SampleWorld.NoLimits };
        await portal.InitializeAsync();
        portal.Clock.AdvanceTo(now);
        await portal.DoAsync("delete from portal.users; delete from portal.tenants where clerk_org_id <> 'platform'");
        return portal;
    }

    public static async Task<ImportedTenant> ImportAsync(
        TestDatabase database, byte[] zip, string? organization = null, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(database.App), NpgsqlDataSource.Create(database.System));
        using var file = new TenantFile(new MemoryStream(zip));
        return await new ImportTenant(new PortalDb(sources), new TenantImportStore(clock), new AuditWriter(clock))
            .RunAsync(file, organization, default);
    }

    /// <summary>What is answered now in another way than it was, by its place, numbers of elements and ids left out.</summary>
    public static async Task<IReadOnlyCollection<string>> DifferencesAsync(
        this TestPortal portal, IReadOnlyDictionary<string, JsonNode> answers)
    {
        var differences = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (path, before) in answers)
        {
            var after = (await portal.As("admin").FetchAsync(path)).Expect(200).Json!;
            Differ(Id().Replace(path.Split('?')[0], "{id}"), before, after, differences);
        }

        return differences;
    }

    private static void Differ(string path, JsonNode? before, JsonNode? after, SortedSet<string> into)
    {
        switch (before, after)
        {
            case (JsonObject a, JsonObject b):
                foreach (var name in a.Select(p => p.Key).Union(b.Select(p => p.Key)))
                {
                    Differ($"{path} {name}", a[name], b[name], into);
                }

                break;
            case (JsonArray a, JsonArray b) when a.Count == b.Count:
                for (var i = 0; i < a.Count; i++)
                {
                    Differ(path, a[i], b[i], into);
                }

                break;
            case var _ when !JsonNode.DeepEquals(before, after):
                into.Add(path);
                break;
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Id();
}
