namespace Portal.Local;

/// <summary>What to try next, to be copied into a shell.</summary>
internal static class Hints
{
    public static void Print(LocalPortal portal, Screen screen)
    {
        screen.Heading($"The portal is up: {portal.App}");
        screen.Line($"  Start here, in a browser: {portal.App}/");
        screen.Line(
            "  TOKEN=$(dotnet run --project infra/local -- token admin)       # or "
                + $"{string.Join(", ", DemoPeople.All.Skip(1).Select(person => person.Handle))}");
        screen.Line($"  curl {portal.App}/api/health/ready");
        screen.Line($"  curl -H \"Authorization: Bearer $TOKEN\" {portal.App}/api/projects");
        screen.Line($"  curl -H \"Authorization: Bearer $TOKEN\" {portal.App}/api/assets");
        screen.Line(
            $"  On call: {portal.App}/ops                                       # sign in with what this prints: dotnet run --project "
                + "infra/local -- token operator");
        screen.Line($"  curl '{portal.App}/runtime/webhooks/durabletask/instances?code={portal.Secrets.SystemKey}'   # orchestrations");
        screen.Line($"  curl -H 'x-functions-key: {portal.Secrets.MasterKey}' {portal.App}/admin/functions              # all functions");
        screen.Line($"  Mail that was sent: {LocalSettings.Text(portal.Vendors.Resend.InboxUrl)}");
        screen.Line($"  Who can sign in, sign up, be invited: {LocalSettings.Text(portal.Vendors.Clerk.Address)}");
        screen.Line($"  What on-call was paged for: {LocalSettings.Text(portal.Vendors.PagerDuty.Address)}");
        screen.Line($"  Webhooks that were sent: {LocalSettings.Text(portal.Vendors.Receiver.Address)}  # endpoints: its /hooks/<name>");
        screen.Line();
        screen.Line("Ctrl+C stops everything.");
        screen.Line();
    }
}
