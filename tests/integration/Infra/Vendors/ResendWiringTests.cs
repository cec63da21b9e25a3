using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portal.Tests.Support;
using Portal.Vendors.Resend;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>What the app registers sends mail to the Resend that the settings name.</summary>
public sealed class ResendWiringTests(TestPortal portal) : IClassFixture<TestPortal>
{
    [Fact]
    public async Task The_registered_sender_reaches_resend_with_the_settings_of_the_app()
    {
        await using var provider = Provider(new());
        await using var scope = provider.CreateAsyncScope();
        var from = provider.GetRequiredService<IOptions<ResendOptions>>().Value.From;
        var sent = await scope.ServiceProvider.GetRequiredService<ResendMail>().SendAsync(
            new(
                Guid.NewGuid(), from, "Harbour Films", "guest@client.example", "Ready", "<p>Ready</p>", "Ready",
                    new Dictionary<string, string>()), default);
        Assert.Null(sent.Failure);
        Assert.Equal(
            "Harbour Films <no-reply@portal.example>", Assert.Single(await portal.Resend.InboxAsync("guest@client.example")).From);
    }

    [Theory]
    [InlineData("Resend:ApiUrl", "https://api.resend.com/v1")]
    [InlineData("Resend:ApiKey", "sk_no")]
    [InlineData("Resend:From", "Portal <no-reply@portal.example>")]
    [InlineData("Resend:WebhookSecret", "whsec_c2hvcnQ=")]
    [InlineData("Clerk:WebhookSecret", "")]
    public void A_wrong_setting_stops_the_start_by_name(string name, string value)
    {
        using var provider = Provider(new() { [name] = value });
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(fault.Failures, f => f.StartsWith(name, StringComparison.Ordinal));
    }

    private ServiceProvider Provider(Dictionary<string, string?> over)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection(portal.Settings).AddInMemoryCollection(over).Build());
        services.AddLogging();
        services.AddPortalCore();
        return services.BuildServiceProvider(validateScopes: true);
    }
}
