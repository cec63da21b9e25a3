using Portal.LocalVendors;

namespace Portal.Local;

/// <summary>
/// <c>token &lt;person&gt;</c>: prints a session token and nothing else on standard output. The signing key is in the database, so it is
/// good at every app that runs on it, now or later.
/// </summary>
internal static class TokenVerb
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public static async Task<int> RunAsync(LauncherArguments arguments, Screen errors, TimeProvider clock, CancellationToken ct)
    {
        await using var database = await LocalDatabase.OpenAsync(arguments, errors, ct);
        await using var clerk = await VendorServers.StartClerkAsync(
            new LocalClerkOptions { Database = database.Address, Clock = clock }, ct);
        try
        {
            var session = await clerk.SignInAsync(arguments.Person!, new ClerkTokenOverrides { Lifetime = Lifetime }, ct);
            Console.WriteLine(session.Jwt);
            return 0;
        }
        catch (KeyNotFoundException unknown)
        {
            throw new LauncherException(unknown.Message);
        }
    }
}
