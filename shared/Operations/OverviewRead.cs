namespace Portal.Operations;

/// <summary>How the overview of people on call is read.</summary>
public static class OverviewRead
{
    /// <summary>
    /// What many people look at costs one read: a page looks every five seconds (<c>DashboardView</c>), and an answer serves all that look
    /// meanwhile.
    /// </summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
}
