using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Foundation.Limits;
using Portal.Operations;
using Portal.Tests.Unit.Architecture;
using Portal.Vendors.Mux;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>The settings that infra/azure/main.bicep gives the app, against the README's table and against the app itself.</summary>
[Collection(nameof(Installations))]
public sealed partial class AppSettingsTests(Installations installations)
{
    // The Functions host's and Azure's own, which the README's table does not list.
    private static readonly string[] OfTheHost =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
        "AzureWebJobsDisableHomepage",
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    ];

    public static TheoryData<string> Environments => [.. BicepCompiler.Environments];

    [Fact]
    public void The_table_is_read()
    {
        var table = Table().ToList();
        Assert.Contains(new Row("Mux__WebhookSecret", Local: false), table);
        Assert.Contains(new Row("Mux__ImageUrl", Local: true), table);
        Assert.Contains(new Row("ShareLinks__Keys__<id>", Local: false), table);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Every_setting_of_the_readme_is_there_and_no_other(string environment)
    {
        var settings = installations.Settings(environment).Keys.Except(OfTheHost).ToHashSet();
        var rows = Table().Where(row => !row.Local).ToList();
        Assert.Equal([], rows.Where(row => !settings.Any(row.Names)).Select(row => row.Setting));
        Assert.Equal([], settings.Where(setting => !rows.Any(row => row.Names(setting))));
        Assert.Equal([], OfTheHost.Except(installations.Settings(environment).Keys));
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void No_forwarded_address_is_believed_and_the_host_shows_no_page(string environment)
    {
        var settings = installations.Settings(environment);
        Assert.Equal("", settings["Http__ClientAddressHeader"]);
        Assert.Equal("true", settings["AzureWebJobsDisableHomepage"]);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Secrets_are_references_to_the_vault(string environment)
    {
        var secrets = installations.Settings(environment).Where(setting => Secret().IsMatch(setting.Key)
            && !(IsOptional(setting.Key) && setting.Value.Length == 0)).ToList();
        Assert.InRange(secrets.Count, 19, 40);
        var vault = (string)Assert.Single(installations.OfType(environment, "Microsoft.KeyVault/vaults"))["name"]!;
        Assert.All(secrets, secret => Assert.Equal(
            $"@Microsoft.KeyVault(VaultName={vault};SecretName={secret.Key.Replace("__", "-", StringComparison.Ordinal)})", secret.Value));

        static bool IsOptional(string key) => key.StartsWith("PagerDuty__", StringComparison.Ordinal)
            || key.StartsWith("Mux__SystemToken", StringComparison.Ordinal);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void The_app_starts_with_them(string environment)
    {
        var settings = installations.Settings(environment).ToDictionary(
            setting => setting.Key.Replace("__", ":", StringComparison.Ordinal), setting => (string?)Resolve(setting.Key, setting.Value));
        using var services = new ServiceCollection().AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddPortalCore().BuildServiceProvider();

        services.GetRequiredService<IStartupValidator>().Validate();

        // Where the template only repeats a default, it is the code's.
        Assert.Equivalent(new LimitOptions(), Options<LimitOptions>(), strict: true);
        Assert.Equal(new OperationsOptions().SessionLifetime, Options<OperationsOptions>().SessionLifetime);
        Assert.Equal(Times(new MuxOptions()), Times(Options<MuxOptions>()));

        T Options<T>()
            where T : class => services.GetRequiredService<IOptions<T>>().Value;
        static (TimeSpan, TimeSpan, TimeSpan) Times(MuxOptions mux) => (mux.CallTimeout, mux.UploadTimeout, mux.PostGap);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Timers_run_when_they_run_locally(string environment)
    {
        var sample = JsonNode.Parse(Sources.Read("local.settings.sample.json"))!["Values"]!.AsObject()
            .Where(setting => setting.Key.EndsWith("Schedule", StringComparison.Ordinal)).ToList();
        var settings = installations.Settings(environment);
        Assert.NotEmpty(sample);
        Assert.All(sample, schedule => Assert.Equal((string?)schedule.Value, settings[schedule.Key]));
    }

    /// <summary>What stands for a value that only the vault or Azure knows.</summary>
    private static string Resolve(string setting, string value)
    {
        if (value.StartsWith('['))
        {
            return "https://portal.example";
        }

        return !value.StartsWith('@') ? value : setting switch
        {
            "Clerk__SecretKey" => "sk_test_key",
            "Resend__ApiKey" => "re_key",
            "Blob__ReadWriteToken" => "vercel_blob_rw_store_key",
            "PagerDuty__RoutingKey" => new string('a', 32),
            "PagerDuty__LowUrgencyRoutingKey" => new string('b', 32),
            "PagerDuty__SecurityRoutingKey" => new string('c', 32),
            _ when setting.EndsWith("WebhookSecret", StringComparison.Ordinal) => $"whsec_{Convert.ToBase64String(new byte[32])}",
            _ when setting.StartsWith("Audit__", StringComparison.Ordinal) => AuditKey(),
            _ => Convert.ToBase64String(new byte[32]),
        };
    }

    private static string AuditKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()));
    }

    private static IEnumerable<Row> Table() =>
        from line in TableLine().Matches(Sources.Read("README.md"))
        let local = line.Groups["what"].Value.Contains("for local servers", StringComparison.Ordinal)
            || line.Groups["what"].Value.Contains("for the local server", StringComparison.Ordinal)
        from setting in Setting().Matches(line.Groups["settings"].Value)
        select new Row(setting.Groups[1].Value.Replace(":", "__", StringComparison.Ordinal), local);

    /// <summary>A row of the table: a setting as environment variables write it, and whether it is for local servers alone.</summary>
    private sealed record Row(string Setting, bool Local)
    {
        public bool Names(string setting) => Setting.EndsWith("<id>", StringComparison.Ordinal)
            ? setting.StartsWith(Setting[..^"<id>".Length], StringComparison.Ordinal)
            : setting == Setting;
    }

    [GeneratedRegex(@"^\| (?<settings>(`[\w:<>]+`(, )?)+) \| [^|]* \| (?<what>.*) \|$", RegexOptions.Multiline)]
    private static partial Regex TableLine();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Setting();

    [GeneratedRegex("^Database__|Secret$|Token|__Keys__|(Secret|Hash|Cursor|Unsubscribe|Api|Routing|Durable|Private)Key$|SigningKeyId$")]
    private static partial Regex Secret();
}
