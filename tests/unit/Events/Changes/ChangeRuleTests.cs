using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Portal.Events.Changes;
using Portal.Events.OutboundWebhooks;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Functions.Events.Changes;
using Portal.Functions.Foundation.Http;

namespace Portal.Tests.Unit.Events.Changes;

/// <summary>What is told of an event, and to whom it could be; what needs rows is in the integration tests.</summary>
public sealed class ChangeRuleTests
{
    private static readonly UserId Reader = new(Guid.NewGuid());

    [Fact]
    public void What_webhooks_offer_is_told_too_and_besides_only_the_marks_of_ones_own_notifications() =>
        Assert.Equal(
            OfferedEvents.All.Append("notifications_added").Append("notifications_marked").Order(StringComparer.Ordinal), ChangeTypes.All);

    [Theory]
    [InlineData("project_created", true)]
    [InlineData("milestone_status_changed", true)]
    [InlineData("comment_added", true)]
    [InlineData("notifications_added", true)]
    [InlineData("milestone_template_applied", false)]
    [InlineData("task_created", false)]
    [InlineData("task_status_changed", false)]
    [InlineData("mux_asset_ready", false)]
    [InlineData("share_link_opened", false)]
    [InlineData("erasure_requested", false)]
    [InlineData("incident_opened", false)]
    [InlineData("no_such_event", false)]
    public void A_Client_hears_of_what_the_permissions_table_lets_them_read(string type, bool heard) =>
        Assert.Equal(heard, ChangeTypes.Allows(type, Role.Client));

    [Fact]
    public void A_change_is_the_payload_of_the_webhook()
    {
        var e = Event("comment_added", "comment", """
            {"commentId":"0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47","projectId":"0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c48","viewerId":null,
             "mentions":[],"guests":["hash"],"nameHash":"x"}
            """);
        foreach (var role in new[] { Role.Admin, Role.Agency })
        {
            var told = JsonSerializer.SerializeToNode(ChangeJson.From(e, Reader, role), AnswerJson.Options);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(WebhookPayload.Of(e)), told), $"{told}");
        }
    }

    [Fact]
    public void A_Client_is_not_told_which_browser_a_guest_used()
    {
        var details = ChangeJson.From(Event("comment_added", "comment", """{"viewerId":"v","commentId":"c"}"""), Reader, Role.Client);
        Assert.Equal("""{"commentId":"c"}""", details.Data.Details.ToJsonString());
    }

    [Fact]
    public void Who_was_notified_of_the_same_is_not_told()
    {
        var told = ChangeJson.From(Event("notifications_added", "event", """{"userIds":["a","b"]}"""), Reader, Role.Agency).Data;
        Assert.Equal(("{}", new ChangeSubjectJson("user", Reader.Value)), (told.Details.ToJsonString(), told.Subject));
    }

    [Fact]
    public void A_guest_is_told_which_comment_and_nothing_of_projects_and_people()
    {
        var comment = ChangeJson.ForGuest(Event(
            "comment_added", "comment", """{"commentId":"c","threadId":"t","projectId":"p","authorId":"a","mentions":["m"]}""")).Data;
        Assert.Equal(
            ("""{"commentId":"c","threadId":"t"}""", null, null),
            (comment.Details.ToJsonString(), comment.ProjectId, comment.ActorId));
        var end = ChangeJson.ForGuest(Event("share_link_revoked", "share_link", """{"status":"revoked","assetId":"a","projectId":"p"}"""));
        Assert.Equal("""{"status":"revoked"}""", end.Data.Details.ToJsonString());
    }

    [Fact]
    public void One_person_waits_so_often_and_the_process_takes_so_many()
    {
        var limit = new WaitLimit(Options.Create(new ChangeOptions { WaitsPerPerson = 2, MaxWaiting = 3 }));
        var (ann, bob, cleo) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var first = Entered(limit.Enter(ann));
        Entered(limit.Enter(ann));
        Assert.IsType<Refusal.TooMany>(limit.Enter(ann).Refusal);
        Entered(limit.Enter(bob));
        Assert.IsType<Refusal.Unavailable>(limit.Enter(cleo).Refusal);

        first.Dispose();
        first.Dispose();
        Entered(limit.Enter(cleo));
        Assert.IsType<Refusal.Unavailable>(limit.Enter(ann).Refusal);
    }

    [Fact]
    public void A_place_keeps_its_numbers_in_a_cursor()
    {
        var place = new ChangePosition(long.MaxValue - 1, 12);
        Assert.Equal(place, ChangePosition.Of(place.Key));
        Assert.Equal(new(7, long.MaxValue), ChangePosition.Behind(7));
    }

    private static IDisposable Entered(Result<IDisposable> entered) =>
        entered.Match(place => place, refusal => throw new InvalidOperationException($"{refusal}"));

    private static PortalEvent Event(string type, string subject, string payload) => new(
        1, Guid.NewGuid(), new(Guid.NewGuid()), subject, Guid.NewGuid(), type, payload, Guid.NewGuid(),
        new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
}
