
namespace Portal.Foundation;

/// <summary>
/// How long things are kept where a tenant has no say. The rest: the tenant's own settings, whose longest numbers hold where a
/// tenant says nothing.
/// </summary>
public static class RetentionDefaults
{
    public const int WebhookDays = 90;
    public const int DeliveryDays = 90;

    /// <summary>What endpoints of outbound webhooks answered.</summary>
    public const int WebhookLogDays = 30;

    /// <summary>Rows of the audit log about access to data; then in the archive alone, which is never dropped.</summary>
    public const int AccessAuditDays = 90;

    /// <inheritdoc cref="AccessAuditDays"/>
    public const int SignInAuditDays = 365;

    /// <inheritdoc cref="AccessAuditDays"/>
    public const int AdminAuditDays = 730;

    /// <inheritdoc cref="AccessAuditDays"/>
    public const int SecurityAuditDays = 1095;

    /// <summary>Then in an archive of the database, which is never dropped: evidence is made from it.</summary>
    public const int PlaybackAuditDays = 365;
    public const int HourlyAnalyticsDays = 90;
    public const int DailyAnalyticsDays = 365;
    public const int TimerRunDays = 30;

    /// <summary>Figures of requests, and what objectives count a minute: longer than the 30 days that a budget is counted over.</summary>
    public const int FigureDays = 35;

    /// <summary>What players said of playbacks: as long as the figures that are made of it.</summary>
    public const int PlaybackEventDays = 35;

    /// <summary>What limits refused, or would have: on-call looks at a day.</summary>
    public const int LimitFigureDays = 2;

    /// <summary>What the synthetic probe came to.</summary>
    public const int ProbeDays = 7;

    /// <summary>What was used a day: this month and a year before it, to compare.</summary>
    public const int UsageDays = 400;
    public const int OperatorSessionDays = 7;
    public const int IdempotencyHours = 24;

    /// <summary>How long the file of an export can be fetched.</summary>
    public const int ExportDays = 7;

    /// <summary>After a link has ended: whom it was addressed to, who opened it, and the names that guests gave.</summary>
    public const int GuestDays = 90;

    /// <summary>After an invite is over.</summary>
    public const int InviteDays = 365;

    /// <summary>After the start of an orchestration that has completed.</summary>
    public const int CompletedHistoryDays = 90;

    /// <summary>After the start of one that failed or was terminated.</summary>
    public const int FailedHistoryDays = 365;

    /// <summary>How far back the database can be restored: the history that Neon keeps of it, a setting of its project there.</summary>
    public const int BackupDays = 7;

    /// <summary>Before retention archives a version its people have been told for so long.</summary>
    public const int VideoWarningDays = 14;

    /// <summary>After a version was archived, by a person or by retention, until it goes at Mux.</summary>
    public const int ArchivedVideoDays = 30;

    /// <summary>Who did nothing that the audit log knows for so long is no active creator.</summary>
    public const int CreatorActiveDays = 90;
}
