using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Portal.Functions;

namespace Portal.Tests.EndToEnd;

/// <summary>local.settings.sample.json names every setting there is, and no other.</summary>
public sealed class SettingsSampleTests
{
    // Of the host, not of an options class.
    private static readonly string[] HostSettings =
    [
        "FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsDisableHomepage",
        "Keys__Functions", "Keys__System__durabletask_extension", "Keys__Master",
        "SealAuditSchedule",
        "SweepOutboxSchedule",
        "SendDigestsSchedule",
        "ExpireInvitesSchedule",
        "ExpireShareLinksSchedule",
        "SweepMuxAssetsSchedule",
        "RollupAnalyticsSchedule",
        "DailyChecksSchedule",
        "PruneRetentionSchedule",
        "ResidencyReportSchedule",
    ];

    private static readonly Dictionary<string, string> Sample = Read();

    [Fact]
    public void Every_property_of_every_options_class_is_in_the_sample()
    {
        var missing = Options().SelectMany(options => options.Settings).Where(
            setting => !Sample.Keys.Any(setting.IsNamedBy)).Select(setting => setting.Name);
        Assert.Empty(missing);
        Assert.True(Options().Count() >= 7, "The options classes were not found.");
    }

    [Fact]
    public void Nothing_in_the_sample_is_unknown()
    {
        var settings = Options().SelectMany(options => options.Settings).ToList();
        Assert.DoesNotContain(Sample.Keys, name => !HostSettings.Contains(name) && !settings.Any(setting => setting.IsNamedBy(name)));
    }

    [Fact]
    public void Values_of_the_sample_can_be_read_as_their_types()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                Sample.Select(
                    pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value))).Build();
        foreach (var (type, section, _) in Options())
        {
            var bound = configuration.GetSection(section).Get(type);
            Assert.NotNull(bound);
        }
    }

    private static IEnumerable<(Type Type, string Section, IReadOnlyList<Setting> Settings)> Options() =>
        from type in typeof(PortalRegistrations).Assembly.GetTypes().Concat(typeof(PortalApp).Assembly.GetTypes())
        let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)
        where section is { IsLiteral: true }
        let name = (string)section.GetRawConstantValue()!
        select (type, name, (IReadOnlyList<Setting>)[.. type.GetProperties().Where(property => property.CanWrite)
            .Select(
                property =>
                    new Setting(
                        $"{name}__{property.Name}", property.PropertyType.IsAssignableTo(typeof(System.Collections.IDictionary))))]);

    private static Dictionary<string, string> Read()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "local.settings.sample.json");
            if (File.Exists(path))
            {
                using var json = JsonDocument.Parse(File.ReadAllText(path));
                Assert.False(json.RootElement.GetProperty("IsEncrypted").GetBoolean());
                return json.RootElement.GetProperty("Values").EnumerateObject().ToDictionary(
                    value => value.Name, value => value.Value.GetString()!);
            }
        }

        throw new FileNotFoundException("There is no local.settings.sample.json above the tests.");
    }

    /// <summary>A dictionary is named by its entries.</summary>
    private sealed record Setting(string Name, bool IsDictionary)
    {
        public bool IsNamedBy(string key) => IsDictionary ? key.StartsWith($"{Name}__", StringComparison.Ordinal) : key == Name;
    }
}
