namespace Portal.Compliance.Reviews;

/// <summary>How a tenant stands with the review of a vendor.</summary>
public static class ReviewState
{
    public const string Current = "current";
    public const string DueSoon = "due_soon";
    public const string Overdue = "overdue";
}

/// <summary>When reviews of vendors and tests of restoring are due. Days are those of the tenant's own time zone.</summary>
public static class ReviewSchedule
{
    /// <summary>A review holds for a quarter.</summary>
    public const int Months = 3;

    /// <summary>People are told so many days before.</summary>
    public const int NoticeDays = 14;

    /// <summary>A review is recorded while whoever made it remembers it.</summary>
    public const int OldestDays = 90;

    /// <summary>A backup is restored once a month.</summary>
    public const int RestoreTestDays = 31;

    /// <param name="tenantSince">From then on what was never reviewed has a quarter.</param>
    public static DateOnly NextDue(DateOnly? reviewedOn, DateOnly tenantSince) => (reviewedOn ?? tenantSince).AddMonths(Months);

    /// <summary>On the day itself a review is still in time.</summary>
    public static string StateOn(DateOnly today, DateOnly due) =>
        today > due ? ReviewState.Overdue
        : due.DayNumber - today.DayNumber <= NoticeDays ? ReviewState.DueSoon
        : ReviewState.Current;

    public static bool MayBeRecorded(DateOnly reviewedOn, DateOnly today) =>
        reviewedOn <= today && today.DayNumber - reviewedOn.DayNumber <= OldestDays;

    /// <param name="restoredAt">When a backup was last restored with success; null: never.</param>
    public static bool IsRestoreTestOverdue(DateTimeOffset? restoredAt, DateTimeOffset now) =>
        restoredAt is not { } last || now > last.AddDays(RestoreTestDays);
}
