using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance.Archive;
using Portal.Compliance.Consents;
using Portal.Compliance.Erasure;
using Portal.Compliance.Exports;
using Portal.Compliance.Exports.Tenants;
using Portal.Compliance.Holds;
using Portal.Compliance.Playback;
using Portal.Compliance.Reviews;
using Portal.Events.Deliveries.Mails;
using Portal.People;

namespace Portal.Compliance;

/// <summary>Registers audit exports, playback evidence, residency reports, retention, erasure, exports of people's data, legal holds,
/// consents and vendor reviews.</summary>
public static class ComplianceRegistrations
{
    public static IServiceCollection AddCompliance(this IServiceCollection services)
    {
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section)
            .Validate(
                AuditKeys.IsValid,
                "Audit:Keys must hold Audit:CurrentKey, base64 of a PEM with a private ECDSA key on P-256.").ValidateOnStart();
        return services
            .AddSingleton<AuditKeys>().AddSingleton<AuditStore>().AddSingleton<AuditExport>()
            .AddSingleton<AuditArchiveStore>().AddSingleton<ArchiveAudit>().AddSingleton<SealAudit>()
            .AddSingleton<RetentionStore>().AddSingleton<PruneRetention>().AddSingleton<DeleteOriginals>()
            .AddSingleton<ErasureStore>().AddSingleton<EraseSubject>().AddSingleton<SweepErasures>().AddSingleton<ErasureCertificates>()
            .AddSingleton<ErasureRequestStore>().AddSingleton<TenantErasureStore>().AddSingleton<EraseTenant>()
            .AddSingleton<EraseVideos>().AddSingleton<EraseAtClerk>()
            .AddSingleton<IMailWriter, TenantErasureMail>()
            .AddSingleton<ExportStore>().AddSingleton<ExportedRowsQuery>().AddSingleton<MakeExport>().AddSingleton<SweepExports>()
            .AddSingleton<TenantRowsQuery>().AddSingleton<ExportTenant>()
            .AddSingleton<HoldStore>().AddSingleton<PlaybackStore>().AddSingleton<MakeEvidence>()
            .AddSingleton(_ => new PrivacyNotices(NoticeText.Embedded()))
            .AddSingleton<ConsentQuery>().AddSingleton<ConsentStore>().AddSingleton<DecideConsents>()
            .AddSingleton<VendorReviewStore>().AddSingleton<RemindOfReviews>().AddSingleton<IMailWriter, VendorReviewMail>()
            .AddSingleton<ComplianceOverviewQuery>()
            .AddSingleton<IDeletedUserSubscriber, RequestDeletedErasure>()
            .AddSingleton<ResidencyStore>().AddSingleton<GenerateResidencyReports>().AddSingleton<IMailWriter, ResidencyMail>();
    }
}
