using System.Text.Json.Nodes;
using Portal.Functions.Foundation.Contract;

namespace Portal.Tests.Unit.Foundation;

/// <summary>
/// A string of the OpenAPI document that says neither which words it may hold, nor a format, nor a pattern, is one that somebody has
/// judged: it stands here, with what it holds. A new one that is a word of a closed vocabulary gets <c>[OneOf]</c> instead of a line.
/// </summary>
public sealed class ApiWordsTests
{
    private static readonly Dictionary<string, string> Free = new()
    {
        ["what people wrote"] = """
            AddCommentInput.body AddSharedCommentInput.body AddSharedCommentInput.name AddressedLink.title Asset.description
            Asset.metadata Asset.title ChangeFreeze.reason ChangeFreezeInput.reason Comment.body CreateMilestoneInput.description
            CreateMilestoneInput.name CreateProjectInput.description CreateProjectInput.name CreateShareLinkInput.label
            CreateShareLinkInput.passphrase CreateTaskInput.description CreateTaskInput.title CreateTemplateInput.description
            CreateTemplateInput.name CreateTenantInput.name DuplicateTaskInput.title EditCommentInput.body EditSharedCommentInput.body
            EditTemplateInput.description EditTemplateInput.name Milestone.description Milestone.name MyTenant.name Notification.title
            Hold.liftReason Hold.reason LiftHoldInput.reason PlaceHoldInput.reason RecordVendorReviewInput.findings VendorReview.findings
            Project.description Project.name ReasonInput.reason RequestErasureInput.tenantName RequestUploadInput.title RestoreTest.notes
            RestoreTestInput.notes IncidentEntry.text IncidentNoteInput.text OpenIncidentInput.summary UpdateIncidentInput.reason
            DraftIncidentNoticeInput.subject DraftIncidentNoticeInput.text IncidentNotice.subject IncidentNotice.text
            ReceivedNotice.subject ReceivedNotice.text
            ClearSwitchInput.reason SetSwitchInput.reason
            ShareLink.label SharedAsset.title SharedComment.body Task.description Task.title Template.description Template.name
            TemplateMilestone.description TemplateMilestone.name TemplateMilestoneInput.description TemplateMilestoneInput.name
            TemplateTask.description TemplateTask.title TemplateTaskInput.description TemplateTaskInput.title Tenant.name
            Switch.reason ProjectCost.name VideoCost.title
            Tenant.senderName UnlockShareLinkInput.passphrase UpdateAssetInput.description UpdateAssetInput.metadata
            UpdateAssetInput.title UpdateMeInput.name UpdateMilestoneInput.description UpdateMilestoneInput.name
            UpdateProjectInput.description UpdateProjectInput.name UpdateShareLinkInput.label UpdateShareLinkInput.passphrase
            UpdateTaskInput.description UpdateTaskInput.title UpdateTenantInput.name UpdateTenantInput.senderName ?q
            CreateWebhookEndpointInput.description UpdateWebhookEndpointInput.description WebhookEndpoint.description
            """,
        ["the same as HTML"] = "Comment.bodyHtml SharedComment.bodyHtml",
        ["people's names"] = """
            Asset.createdByName AuditEntry.actorName Comment.mentionNames Comment.resolvedByName CommentAuthor.name
            Erasure.requestedByName Erasure.userName Export.requestedByName Export.userName Hold.liftedByName
            Hold.placedByName Hold.subjectName
            Invite.acceptedByName Invite.invitedByName Me.name Milestone.createdByName NotificationActor.name Project.createdByName
            PlaybackAuditEntry.guestName PlaybackAuditEntry.userName
            ProjectMember.name ShareLink.createdByName ShareOpen.userName SharedCommentAuthor.name Task.assigneeNames
            Task.createdByName Task.watcherNames Template.createdByName Upload.createdByName User.name VendorReview.recordedByName
            WebhookEndpoint.createdByName
            """,
        ["addresses, checked where they are written"] =
            "Erasure.email Export.email Invite.email Me.email ShareLink.guestEmails Tenant.residencyContact User.email",
        ["files as people call them"] = "AssetVersion.fileName RequestUploadInput.fileName Upload.fileName",
        ["settings that are checked where they are written: zones, colours, addresses of pictures and pages"] = """
            MyTenant.accentColor MyTenant.logoUrl MyTenant.timeZone RequestUploadInput.corsOrigin ResidencyReport.timeZone
            Tenant.accentColor Tenant.logoUrl Tenant.timeZone
            """,
        ["addresses and tokens of ours and of vendors, to be used as they are"] = """
            /code Erasure.certificateCode
            AddressedLink.token AddressedLink.url Download.url Playback.playbackUrl Playback.posterUrl ShareLink.token ShareLink.url
            SharedAsset.playbackUrl SharedAsset.posterUrl UploadMultipart.url UploadTarget.headers UploadTarget.url
            ExportDownload.url /token
            """,
        ["outbound webhooks: where they go, checked where it is written; what was sent, and what receivers answered"] = """
            CreateWebhookEndpointInput.url UpdateWebhookEndpointInput.url WebhookAttempt.error WebhookAttempt.responseBody
            WebhookAttempt.responseType WebhookAttempt.url WebhookDelivery.eventType WebhookDelivery.reason WebhookEndpoint.secret
            WebhookEndpoint.url WebhookRequest.body WebhookRequest.headers
            """,
        ["cursors, to be sent back as they are"] = "?cursor ?after *.nextCursor",
        ["ids of vendors, of Clerk's people (Operators have no name here), of Durable and of requests"] = """
            AuditEntry.actorId AuditEntry.impersonatorId AuditEntry.requestId ChangeFreeze.changedBy Delivery.instanceId
            Delivery.recipient Delivery.vendorId
            Alert.acknowledgedBy Alert.resolvedBy Incident.acknowledgedBy Incident.resolvedBy Operated.instanceId
            AssignIncidentInput.assignee Incident.assignee Incident.openedBy IncidentEntry.by
            IncidentNotice.draftedBy IncidentNotice.sentBy
            Switch.clearedBy Switch.setBy
            PlaybackAuditEntry.requestId
            Orchestration.instanceId Problem.requestId ReplayedUpload.instanceId RestoreTest.recordedBy Webhook.eventId ?actor
            /eventId /id
            """,
        ["the privacy notice, as its files say it, and its contact, a setting"] = """
            NoticePurpose.text NoticePurpose.title NoticeSection.id NoticeSection.text NoticeSection.title PrivacyNotice.contact
            PrivacyNotice.title
            """,
        ["hashes, and ids where there is nothing to hide"] = """
            AuditEntry.hash LimitedKey.key AuditVerification.lastSeal AuditVerification.previousSeal Export.sha256 PlaybackAuditEntry.hash
            ReportedSeal.seal ResidencyReportMeta.htmlSha256 ResidencyReportMeta.jsonSha256
            """,
        ["what an objective promises and the role that sees to it, as its catalogue says them"] = "MeasuredObjective.owner MeasuredObjective.promise",
        ["sentences of ours and of vendors, for people"] = """
            AssetVersion.failureReason AuditFault.message Delivery.lastError Delivery.reason Diagnosis.text FeatureStatus.text
            FieldError.message
            Erasure.advice Erasure.lastError Export.lastError
            Alert.summary Incident.summary Invite.deliveryFault Notification.text Orchestration.state
            Problem.detail Problem.title Status.text
            TimelineEntry.error TimelineEntry.text TimerRun.error UploadFailure.reason UploadNote.failureReason UploadNote.lastError
            Webhook.lastError
            """,
        ["names of code: orchestrators, activities, exceptions, timers, tables"] = """
            Orchestration.name RowCount.name TimelineEntry.errorType TimelineEntry.name Timer.name ?name
            """,
        ["words of vendors, who may send new ones, and what became of each"] = "Webhook.outcome Webhook.type ?type /provider",
        ["words that the audit log keeps for years, also of versions that are gone"] =
            "AuditEntry.action AuditEntry.entityType ?action ?entityType",
        ["a residency report as it was made at its time"] = """
            LastResidencyReport.week OpenedResidencyReport.json
            ReportedProcessor.agreement ReportedProcessor.dataClasses ReportedProcessor.name ReportedProcessor.purpose
            ReportedProcessor.receives ReportedProcessor.region ResidencyReport.undeclared VideoCount.place
            ReportedClass.classification ReportedClass.holders ReportedClass.kept ReportedClass.name ReportedClass.what
            ResidencyReport.week ResidencyReportMeta.week
            """,
        ["vendors, as the code declares them"] = """
            Vendor.agreement Vendor.dataClasses Vendor.name Vendor.purpose Vendor.receives Vendor.region
            """,
        ["links to evidence, checked where they are written"] = "RestoreTest.evidenceUrl VendorReview.evidenceUrls",
        ["the certificate of an erasure, as it was signed at its time"] = """
            ErasedAtProcessor.did ErasedAtProcessor.holds ErasedAtProcessor.name ErasedData.did ErasedData.table ErasedData.why
            ErasedSubject.addressHash ErasedSubject.who ErasureCertificate.comments SignedErasureCertificate.document
            SignedErasureCertificate.keyId SignedErasureCertificate.publicKey SignedErasureCertificate.signature
            """,
        ["the rule of a field, or the problem of one of many: both grow with what can be asked"] = "FieldError.pointer FieldError.rule",
        ["of one kind of incident the objective, of another an upload job or an alert"] = "Incident.subject",
        ["of one kind of line a severity, of another an Operator or a service of PagerDuty"] = "IncidentEntry.became IncidentEntry.previous",
        ["of one kind of alert an id, of another a timer, a vendor or a host"] = "Alert.subject",
        ["pages of the playbook, which grows"] = "Alert.runbook",
        ["a ratio such as 16:9, and a cron expression"] =
            "AssetVersion.aspectRatio Playback.aspectRatio SharedAsset.aspectRatio Timer.schedule",
        ["headers, which HTTP describes"] = "If-Match If-None-Match Idempotency-Key",
    };

    [Fact]
    public void A_string_without_a_vocabulary_is_one_that_was_judged()
    {
        var judged = Free.Values.SelectMany(names => names.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)).ToList();
        var found = Bare().Distinct().ToList();

        Assert.Equal(judged.Distinct(), judged);
        Assert.True(found.Count > 150, $"The walk finds {found.Count} strings.");
        var (unknown, gone) = (found.Except(judged).ToList(), judged.Except(found).ToList());
        Assert.True(unknown.Count == 0, $"Give these [OneOf] or a line here: {string.Join(' ', unknown)}");
        Assert.True(gone.Count == 0, $"These are gone, or have a vocabulary by now: {string.Join(' ', gone)}");
    }

    [Theory]
    [InlineData("UploadTarget.protocol", "resumable single")]
    [InlineData("UploadTarget.method", "PUT")]
    [InlineData("UploadFailure.code", "mux_errored upload_errored no_signed_playback mux_lost refused internal_error timed_out")]
    [InlineData("Tenant.residency", "any australia")]
    [InlineData("Analytics.grain", "hour day month")]
    [InlineData("ProbeRun.outcome", "played no_link refused failed unreachable timed_out unreadable lost")]
    [InlineData("ProbeRun.step", "open playlist")]
    [InlineData("Operated.act", "replay rewind suspend resume terminate")]
    public void A_vocabulary_is_told(string place, string words)
    {
        var (record, name) = (place.Split('.')[0], place.Split('.')[1]);
        var schemas = ApiDocument.Current.Json["components"]!["schemas"]!;
        var field = schemas[record]!["properties"]![name]!;
        field = field["anyOf"] is JsonArray either ? either[0]! : field;
        var schema = field["$ref"]?.ToString() is { } reference ? schemas[reference.Split('/')[^1]]! : field;
        Assert.Equal(words.Split(' '), schema["enum"]!.AsArray().Select(word => word!.ToString()));
    }

    /// <summary><c>Record.field</c>, <c>?parameter</c>, <c>/part of a path</c>, or the header.</summary>
    private static IEnumerable<string> Bare()
    {
        var document = ApiDocument.Current.Json;
        foreach (var (record, schema) in document["components"]!["schemas"]!.AsObject())
        {
            foreach (var (field, about) in schema!["properties"] as JsonObject ?? [])
            {
                if (HoldsBare(about!))
                {
                    yield return field == "nextCursor" ? "*.nextCursor" : $"{record}.{field}";
                }
            }
        }

        var parameters = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .SelectMany(operation => operation.Value!["parameters"] as JsonArray ?? [])
            .Concat(document["components"]!["parameters"]!.AsObject().Select(parameter => parameter.Value));
        foreach (var parameter in parameters.Where(p => p!["schema"] is { } schema && HoldsBare(schema)))
        {
            var sign = parameter!["in"]!.ToString() switch { "query" => "?", "path" => "/", _ => "" };
            yield return $"{sign}{parameter["name"]}";
        }
    }

    private static bool HoldsBare(JsonNode schema) =>
        (schema["type"]?.ToJsonString().Contains("\"string\"", StringComparison.Ordinal) == true
            && schema["enum"] is null && schema["format"] is null && schema["pattern"] is null)
        || (schema["items"] is { } items && HoldsBare(items))
        || (schema["additionalProperties"] is JsonObject values && HoldsBare(values))
        || (schema["anyOf"] as JsonArray ?? []).Any(choice => HoldsBare(choice!));
}
