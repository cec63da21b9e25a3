using Microsoft.Extensions.Options;
using Portal.Events.Deliveries;
using Portal.Events.Deliveries.Mails;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Tests.Unit.Events;

/// <summary>To whom a delivery goes, and the word by which its mail is unsubscribed from.</summary>
public sealed class DeliveryTests
{
    private static readonly Guid Id = new("0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47");

    [Theory]
    [InlineData("user:0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47", true, false, null, null)]
    [InlineData("endpoint:0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47", false, true, null, null)]
    [InlineData("guest:ab:cd", false, false, "ab:cd", null)]
    [InlineData("operator:user_2x", false, false, null, "user_2x")]
    [InlineData("contact", false, false, null, null)]
    [InlineData("platform", false, false, null, null)]
    public void It_goes_to_a_user_an_endpoint_a_guest_somebody_on_call_or_none_of_them(
        string recipient, bool user, bool endpoint, string? guest, string? onCall)
    {
        var delivery = new Delivery(
            Id, "mail", recipient, "pending", 1, DateTimeOffset.UnixEpoch, false,
            new PortalEvent(1, Id, new TenantId(Id), "invite", Id, "invite_created", "{}", null, DateTimeOffset.UnixEpoch));
        Assert.Equal(
            (user ? Id : (Guid?)null, endpoint ? Id : (Guid?)null, guest, onCall),
            (delivery.UserId, delivery.EndpointId, delivery.GuestHash, delivery.OperatorId));
    }

    [Fact]
    public void An_attempt_is_an_instance_of_its_own() => Assert.Equal(
        ($"deliver-{Id}-2", new TenantId(Id)), (new DeliveryRef(Id, Id, 2).InstanceId, new DeliveryRef(Id, Id, 2).Tenant));

    [Theory]
    [InlineData("https://portal.example")]
    [InlineData("https://portal.example/")]
    public void The_address_to_unsubscribe_at_is_of_one_mail_and_of_our_key(string api)
    {
        var tokens = Tokens(api, 1);
        var url = tokens.UrlOf(Id);
        const string Path = "https://portal.example/api/mail/unsubscribe/";
        Assert.StartsWith(Path, url, StringComparison.Ordinal);
        Assert.Equal(Id, tokens.Read(url[Path.Length..]));
        Assert.NotEqual(url, tokens.UrlOf(Guid.NewGuid()));
        Assert.Null(Tokens(api, 2).Read(url[Path.Length..]));
        Assert.Null(tokens.Read("unsubscribe"));
    }

    private static UnsubscribeTokens Tokens(string api, byte key) => new(Options.Create(new MailOptions
    {
        ApiUrl = api,
        UnsubscribeKey = Convert.ToBase64String(Enumerable.Repeat(key, 32).ToArray()),
    }));
}
