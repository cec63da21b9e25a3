using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>What the app is told: as in production (no reset of pooled connections), with limits out of the way and no vendor but Clerk's
/// keys.</summary>
public sealed record ApiSettings(string Key, string App, Dictionary<string, string?> Values)
{
    public static ApiSettings New(string database, LocalClerk clerk)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string As(string role) =>
            new NpgsqlConnectionStringBuilder(database)
            {
                Options = $"-c role={role}",
                MaxPoolSize = 100,
                NoResetOnClose = true,
            }.ConnectionString;
        return new(key, As("portal_app"), new(TestSettings.Schedules)
        {
            ["Database:App"] = As("portal_app"),
            ["Database:System"] = As("portal_system"),
            ["Mux:TokenId"] = "none",
            ["Mux:TokenSecret"] = "none",
            ["Mux:WebhookSecret"] = "none",
            ["Mux:SigningKeyId"] = "bench",
            ["Mux:SigningPrivateKey"] = Base64(rsa.ExportPkcs8PrivateKeyPem()),
            ["Clerk:Issuer"] = clerk.Issuer,
            ["Clerk:JwksUrl"] = clerk.JwksUrl.ToString(),
            ["Clerk:AuthorizedParties"] = "http://localhost:3000",
            ["Clerk:ApiUrl"] = clerk.ApiUrl.ToString(),
            ["Clerk:SecretKey"] = "sk_test_bench",
            ["Clerk:WebhookSecret"] = clerk.WebhookSecret,
            ["Resend:ApiKey"] = "re_bench",
            ["Resend:From"] = "no-reply@portal.example",
            ["Resend:WebhookSecret"] = clerk.WebhookSecret,
            ["Mail:PortalUrl"] = "https://portal.example",
            ["Mail:ApiUrl"] = "https://api.portal.example",
            ["Mail:UnsubscribeKey"] = key,
            ["OutboundWebhooks:Keys:w1"] = key,
            ["OutboundWebhooks:CurrentKey"] = "w1",
            ["Blob:ReadWriteToken"] = "vercel_blob_rw_bench_none",
            ["Alerts:WebhookSecret"] = key,
            ["ShareLinks:Keys:k1"] = key,
            ["ShareLinks:CurrentKey"] = "k1",
            ["Privacy:HashKey"] = key,
            ["Paging:CursorKey"] = key,
            ["Audit:Keys:a1"] = Base64(ec.ExportPkcs8PrivateKeyPem()),
            ["Audit:CurrentKey"] = "a1",
            ["Limits:UserPerMinute"] = "100000000",
            ["Limits:TenantPerMinute"] = "100000000",
            ["Limits:PlaybacksPerMinute"] = "100000000",
            ["Limits:FailedAttemptsPerMinute"] = "100000000",
            ["Operations:DurableUrl"] = "http://127.0.0.1/runtime/webhooks/durabletask",
            ["Operations:DurableKey"] = "bench",
            ["Keys:System:durabletask_extension"] = "bench",
            ["Keys:Master"] = "bench",
        });
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
