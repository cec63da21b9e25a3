using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Portal.LocalVendors;

namespace Portal.Tests.Support;

/// <summary>What the app is told in tests, whether it runs in this process or in one of its own.</summary>
public static class TestSettings
{
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;
    private static int ports = Random.Shared.Next(PortCount);

    public const string MasterKey = "test-master-key";
    public const string SystemKey = "test-system-key";
    public const string AlertsSecret = "test-alerts-webhook-secret";

    /// <summary>When timers run, where they do.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Schedules = new Dictionary<string, string?>
    {
        ["SealAuditSchedule"] = "0 * * * * *",
        ["SweepOutboxSchedule"] = "*/5 * * * * *",
        ["SendDigestsSchedule"] = "0 */15 * * * *",
        ["ExpireInvitesSchedule"] = "0 */5 * * * *",
        ["ExpireShareLinksSchedule"] = "20 * * * * *",
        ["SweepMuxAssetsSchedule"] = "0 7 * * * *",
        ["RollupAnalyticsSchedule"] = "0 12 * * * *",
        ["DailyChecksSchedule"] = "0 10 15 * * *",
        ["PruneRetentionSchedule"] = "0 40 15 * * *",
        ["ResidencyReportSchedule"] = "0 25 * * * *",
    };

    private static readonly string Key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes("portal-test-key")));

    // Made once a process: the app may be started more than once on the same database.
    private static readonly string AuditKey = NewAuditKey();

    /// <param name="app">The app's own address, which is one of its settings: Blob reports to it.</param>
    public static Task<Dictionary<string, string?>> MakeAsync(
        TestDatabase database, LocalMux mux, LocalClerk clerk, LocalResend resend, LocalBlob blob, LocalPagerDuty pagerDuty, Uri app) =>
        MakeAsync((database.App, database.System), mux, clerk, resend, blob, pagerDuty, app);

    /// <param name="database">Connection strings of the two roles.</param>
    public static async Task<Dictionary<string, string?>> MakeAsync(
        (
            string App, string System) database, LocalMux mux, LocalClerk clerk, LocalResend resend, LocalBlob blob,
            LocalPagerDuty pagerDuty, Uri app)
    {
        var signing = await NewSigningKeyAsync(mux);
        return new(Schedules)
        {
            ["Database:App"] = database.App,
            ["Database:System"] = database.System,
            ["Mux:ApiUrl"] = mux.ApiUrl.ToString(),
            ["Mux:StreamUrl"] = mux.StreamUrl.ToString(),
            ["Mux:ImageUrl"] = mux.ImageUrl.ToString(),
            ["Mux:TokenId"] = "local-mux-token",
            ["Mux:TokenSecret"] = "local-mux-secret",
            ["Mux:WebhookSecret"] = mux.WebhookSecret,
            ["Mux:SigningKeyId"] = signing.Text("id"),
            ["Mux:SigningPrivateKey"] = signing.Text("private_key"),
            ["Clerk:Issuer"] = clerk.Issuer,
            ["Clerk:JwksUrl"] = clerk.JwksUrl.ToString(),
            ["Clerk:AuthorizedParties"] = "http://localhost:3000",
            ["Clerk:ApiUrl"] = clerk.ApiUrl.ToString(),
            ["Clerk:SecretKey"] = "sk_test_localclerk",
            ["Clerk:WebhookSecret"] = clerk.WebhookSecret,
            ["Resend:ApiUrl"] = resend.ApiUrl.ToString(),
            ["Resend:ApiKey"] = "re_local_key",
            ["Resend:From"] = "no-reply@portal.example",
            ["Resend:WebhookSecret"] = resend.WebhookSecret,
            ["Blob:ApiUrl"] = blob.ApiUrl.ToString(),
            ["Blob:ReadWriteToken"] = blob.ReadWriteToken,
            ["Blob:CallbackUrl"] = new Uri(app, "/api/webhooks/blob").ToString(),
            ["PagerDuty:ApiUrl"] = pagerDuty.ApiUrl.ToString(),
            ["PagerDuty:RoutingKey"] = new LocalPagerDutyOptions { Database = "" }.RoutingKey,
            ["PagerDuty:LowUrgencyRoutingKey"] = new LocalPagerDutyOptions { Database = "" }.LowUrgencyRoutingKey,
            ["PagerDuty:SecurityRoutingKey"] = new LocalPagerDutyOptions { Database = "" }.SecurityRoutingKey,
            ["PagerDuty:WebhookSecret"] = pagerDuty.WebhookSecret,
            ["PagerDuty:Source"] = "portal.example",
            ["Alerts:WebhookSecret"] = AlertsSecret,
            ["ShareLinks:Keys:k1"] = Key,
            ["ShareLinks:CurrentKey"] = "k1",
            ["Privacy:HashKey"] = Key,
            ["Paging:CursorKey"] = Key,
            ["Operations:DurableUrl"] = new Uri(app, "/runtime/webhooks/durabletask").ToString(),
            ["Operations:DurableKey"] = SystemKey,
            ["Keys:System:durabletask_extension"] = SystemKey,
            ["Keys:Master"] = MasterKey,
            ["Audit:Keys:a1"] = AuditKey,
            ["Audit:CurrentKey"] = "a1",
            ["Mail:PortalUrl"] = "https://portal.example",
            ["Mail:ApiUrl"] = app.ToString(),
            ["Mail:UnsubscribeKey"] = Key,
            ["OutboundWebhooks:Keys:w1"] = Key,
            ["OutboundWebhooks:CurrentKey"] = "w1",
            ["OutboundWebhooks:AllowLoopback"] = "true",
            ["Http:AllowedOrigins"] = "http://localhost:3000",
            // The clock stands still: all of a test class is one minute.
            ["Limits:UserPerMinute"] = "1000000",
            ["Limits:TenantPerMinute"] = "1000000",
            ["Limits:FailedAttemptsPerMinute"] = "1000000",
            ["Limits:AuditReadsPerMinute"] = "1000000",
        };
    }

    /// <summary>
    /// Chosen before the app starts, and kept over its lives. Below the ports that systems give to outgoing connections (32768 on Linux),
    /// or one of those would take it in between; and never the same twice in a process.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref ports) % PortCount);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's already.
            }
        }
    }

    private static string NewAuditKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()));
    }

    private static async Task<Answer> NewSigningKeyAsync(LocalMux mux)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(mux.ApiUrl, "/system/v1/signing-keys"));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String("local-mux-token:local-mux-secret"u8));
        var made = (await (await http.SendAsync(request)).ReadAsync()).Expect(201);
        return made with { Json = made.Field("data") };
    }
}
