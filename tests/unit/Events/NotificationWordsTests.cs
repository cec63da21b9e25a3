using Portal.Events;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;

namespace Portal.Tests.Unit.Events;

public sealed class NotificationWordsTests
{
    [Theory]
    [InlineData("invite_created", "gus@a.example", "Ada", null, "Ada invited gus@a.example.")]
    [InlineData("invite_created", null, "Ada", null, "Ada invited somebody.")]
    [InlineData("user_enrolled", "Nina", "Nina", null, "Nina joined the portal.")]
    [InlineData("user_role_changed", "Nina", "Ada", "client", "Ada changed your role to client.")]
    [InlineData("project_created", "Launch", "Ada", "active", "Ada created the project “Launch” with you in it.")]
    [InlineData("project_member_added", "Launch", "Ada", null, "Ada added you to the project “Launch”.")]
    [InlineData("task_status_changed", "Grade", "Ada", "in_progress", "Ada moved “Grade” to in progress.")]
    [InlineData("task_status_changed", null, null, "done", "Somebody moved something that is gone to done.")]
    [InlineData("mux_asset_ready", "Cut", null, null, "“Cut” is ready to watch.")]
    [InlineData("asset_process_failed", "Cut", null, null, "“Cut” could not be processed.")]
    [InlineData("asset_expiring", "Cut", null, null, "“Cut” will be deleted two weeks from then unless somebody keeps it.")]
    [InlineData("asset_version_replaced", "Cut", "Ada", null, "“Cut” has a new version.")]
    [InlineData("share_link_opened", "Cut", null, null, "Your link to “Cut” was opened.")]
    [InlineData("share_link_expired", "Cut", null, null, "Your link to “Cut” has expired.")]
    [InlineData("share_link_revoked", "Cut", "Ada", "revoked", "Ada revoked a link to “Cut”.")]
    [InlineData("comment_added", "Cut", "Gwen Guest", null, "Gwen Guest commented on “Cut”.")]
    [InlineData("comment_added", "Cut", "Ada", null, "Ada mentioned you on “Cut”.", true)]
    [InlineData("vendor_review_due", null, null, null, "Vendors are to be reviewed within two weeks.")]
    [InlineData("vendor_review_overdue", null, null, null, "The review of vendors is overdue.")]
    [InlineData("tenant_budget_reached", null, null, "80", "80 % of the month's budget is used.")]
    [InlineData("webhook_endpoint_disabled", "hooks.a.example", null, null, "Webhooks to “hooks.a.example” are switched off.")]
    [InlineData("incident_notice_sent", "Exports were late", null, null, "You have a notice about an incident: “Exports were late”.")]
    [InlineData("email_bounced", null, null, null, "An e-mail could not be delivered.")]
    [InlineData("something_new", "Cut", null, null, "something new: “Cut”.")]
    public void It_says_who_did_what(string type, string? title, string? actor, string? detail, string text, bool mentioned = false) =>
        Assert.Equal(text, NotificationWords.Say(Of(type, title, actor, detail, mentioned, readable: true)));

    [Fact]
    public void What_may_not_be_read_any_more_is_not_named() =>
        Assert.Equal(
            "Something happened that you can no longer see.",
            NotificationWords.Say(Of("comment_added", "Cut", "Ada", null, mentioned: true, readable: false)));

    [Fact]
    public void Every_type_that_notifies_has_a_sentence_of_its_own() =>
        Assert.All(
            EventType.All.Select(type => type.Name).Where(type => EventEffects.Of(type).Notify is not null),
            type => Assert.DoesNotContain(
                type.Replace('_', ' '), NotificationWords.Say(Of(type, "Cut", "Ada", "done", false, true)), StringComparison.Ordinal));

    private static Notification Of(string type, string? title, string? actor, string? detail, bool mentioned, bool readable) => new(
        new NotificationId(Guid.Empty), type, "thing", Guid.Empty, null, null, DateTimeOffset.UnixEpoch, title, null, actor, detail,
        mentioned, readable);
}
