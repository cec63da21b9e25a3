using System.Text.Json.Nodes;
using System.Xml.Linq;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>infra/azure/main.bicep, compiled for every environment: who gets in, over what, and what is kept.</summary>
[Collection(nameof(Installations))]
public sealed class DeploymentTemplateTests(Installations installations)
{
    private const string Identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
    private const string Roles = "Microsoft.Authorization/roleAssignments";
    private const string Site = "Microsoft.Web/sites";
    private const string Storage = "Microsoft.Storage/storageAccounts";
    private const string Vault = "Microsoft.KeyVault/vaults";

    private static readonly Dictionary<string, string> RoleNames = new()
    {
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
    };

    public static TheoryData<string> Environments => [.. BicepCompiler.Environments];

    [Fact]
    public void Staging_and_production_have_parameters() => Assert.Equal(["production", "staging"], BicepCompiler.Environments.Order());

    [BicepTheory]
    [InlineData("build", "--stdout", "main.bicep")]
    [InlineData("lint", "main.bicep")]
    [InlineData("build-params", "--pattern", "*.bicepparam")]
    public async Task The_compiler_and_the_linter_have_nothing_to_say(params string[] arguments) =>
        await installations.Compiler.RunAsync(arguments);

    [BicepFact]
    public async Task Sources_are_formatted()
    {
        await installations.Compiler.RunAsync("format", "--pattern", "*.bicep*");
        Assert.All(Sources.Files("*.bicep*", "infra/azure"), file => Assert.Equal(installations.Compiler.Read(file), file.Text));
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Everything_that_lies_somewhere_is_in_Sydney(string environment) => Assert.All(
        installations.All(environment).Where(resource => (string?)resource["location"] is not (null or "global")),
        resource => Assert.Equal("australiaeast", (string?)resource["location"]));

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Storage_opens_to_identities_only_and_brings_deleted_blobs_back(string environment)
    {
        var storage = installations.Properties(environment, Storage);
        Assert.False((bool)storage["allowBlobPublicAccess"]!);
        Assert.False((bool)storage["allowSharedKeyAccess"]!);
        Assert.False((bool)storage["allowCrossTenantReplication"]!);
        Assert.True((bool)storage["supportsHttpsTrafficOnly"]!);
        Assert.Equal("TLS1_2", (string?)storage["minimumTlsVersion"]);
        Assert.Equal("None", (string?)installations.Properties(environment, $"{Storage}/blobServices/containers")["publicAccess"]);

        var blobs = installations.Properties(environment, $"{Storage}/blobServices");
        foreach (var policy in new[] { "deleteRetentionPolicy", "containerDeleteRetentionPolicy" })
        {
            Assert.True((bool)blobs[policy]!["enabled"]!);
            Assert.InRange((int)blobs[policy]!["days"]!, 7, 365);
        }
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void Vault_opens_by_role_and_cannot_be_purged(string environment)
    {
        var vault = installations.Properties(environment, Vault);
        Assert.True((bool)vault["enableRbacAuthorization"]!);
        Assert.True((bool)vault["enableSoftDelete"]!);
        Assert.True((bool)vault["enablePurgeProtection"]!);
        Assert.Equal(90, (int)vault["softDeleteRetentionInDays"]!);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void App_is_reached_over_TLS_and_deployed_without_a_password(string environment)
    {
        var app = installations.Properties(environment, Site);
        Assert.True((bool)app["httpsOnly"]!);
        Assert.Equal("1.2", (string?)app["siteConfig"]!["minTlsVersion"]);
        Assert.Equal("1.2", (string?)app["siteConfig"]!["scmMinTlsVersion"]);

        var passwords = installations.OfType(environment, $"{Site}/basicPublishingCredentialsPolicies").ToList();
        Assert.Equal(["ftp", "scm"], passwords.Select(policy => ((string)policy["name"]!).Split('/')[1]).Order());
        Assert.All(passwords, policy => Assert.False((bool)policy["properties"]!["allow"]!));
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void App_runs_on_the_framework_it_is_built_for(string environment)
    {
        var framework = XDocument.Parse(Sources.Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value;
        var runtime = installations.Properties(environment, Site)["functionAppConfig"]!["runtime"]!;
        var plan = Assert.Single(installations.OfType(environment, "Microsoft.Web/serverfarms"));
        Assert.Equal("dotnet-isolated", (string?)runtime["name"]);
        Assert.Equal(framework, $"net{(string?)runtime["version"]}");
        Assert.Equal("FlexConsumption", (string?)plan["sku"]!["tier"]);
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void App_has_one_identity_for_storage_vault_and_traces(string environment)
    {
        var identity = (string)Assert.Single(installations.OfType(environment, Identity))["id"]!;
        var site = Assert.Single(installations.OfType(environment, Site));
        Assert.Equal("UserAssigned", (string?)site["identity"]!["type"]);
        Assert.Equal(identity, Assert.Single(site["identity"]!["userAssignedIdentities"]!.AsObject()).Key);
        Assert.Equal(identity, (string?)site["properties"]!["keyVaultReferenceIdentity"]);
        var deployment = site["properties"]!["functionAppConfig"]!["deployment"]!["storage"]!["authentication"]!;
        Assert.Equal("UserAssignedIdentity", (string?)deployment["type"]);
        Assert.Equal(identity, (string?)deployment["userAssignedIdentityResourceId"]);
        Assert.True((bool)installations.Properties(environment, "Microsoft.Insights/components")["DisableLocalAuth"]!);

        // Names of roles are Azure's, the same everywhere; nothing here is wider than it must be, and nothing is given to anybody else.
        var roles = installations.OfType(environment, Roles).ToList();
        Assert.All(roles, role => Assert.Contains(identity, (string)role["properties"]!["principalId"]!, StringComparison.Ordinal));
        Assert.Equal(
            new (string Role, string On)[]
            {
                ("Key Vault Secrets User", Vault), ("Monitoring Metrics Publisher", "Microsoft.Insights/components"),
                ("Storage Blob Data Owner", Storage), ("Storage Queue Data Contributor", Storage),
                ("Storage Table Data Contributor", Storage),
            },
            roles.Select(role => (NameOf(role), ScopeOf((string)role["id"]!))).Order());
    }

    [BicepTheory]
    [MemberData(nameof(Environments))]
    public void What_the_portal_cannot_tell_of_itself_is_told_from_outside(string environment)
    {
        var request = installations.Properties(environment, "Microsoft.Insights/webtests")["Request"]!;
        Assert.Contains("/api/health/ready", (string)request["RequestUrl"]!, StringComparison.Ordinal);
        var group = (string)Assert.Single(installations.OfType(environment, "Microsoft.Insights/actionGroups"))["id"]!;
        var told = installations.OfType(environment, "Microsoft.Insights/metricAlerts")
            .Select(alert => (string?)alert["properties"]!["actions"]![0]!["actionGroupId"])
            .Append(
                (string?)installations.Properties(environment, "Microsoft.Insights/scheduledQueryRules")["actions"]!["actionGroups"]![0])
            .ToList();
        Assert.Equal([group, group, group], told);
        Assert.Contains(
            "portal.objective.burn_rate",
            (string)installations.Properties(environment, "Microsoft.Insights/workbooks")["serializedData"]!, StringComparison.Ordinal);
    }

    private static string NameOf(JsonNode role) => RoleNames[((string)role["properties"]!["roleDefinitionId"]!).Split('/')[^1]];

    /// <summary>…/providers/{type}/{name}/providers/Microsoft.Authorization/…: what the assignment hangs on.</summary>
    private static string ScopeOf(string id)
    {
        var parts = id.Split("/providers/")[^2].Split('/');
        return $"{parts[0]}/{parts[1]}";
    }
}
