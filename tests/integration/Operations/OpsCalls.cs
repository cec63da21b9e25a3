using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What tests of on-call's view do over and over.</summary>
internal static partial class OpsCalls
{
    private const string Management = "/runtime/webhooks/durabletask";

    public static string InstanceOf(Answer upload, int attempt = 1) => $"{upload.Id}-{attempt}";

    /// <summary>Durable's own routes, as a person with the system key.</summary>
    public static async Task<Answer> ManageAsync(
        this TestPortal portal, HttpMethod method, string path, string? key = TestSettings.SystemKey, string body = "{}")
    {
        using var request = new HttpRequestMessage(method, Management + path);
        if (key is not null)
        {
            request.Headers.Add("x-functions-key", key);
        }

        request.Content = method == HttpMethod.Post ? new StringContent(body, Encoding.UTF8, "application/json") : null;
        return await (await portal.Anonymous.SendAsync(request)).ReadAsync();
    }

    /// <summary>An orchestration whose function is not there: it fails at once, and carries no upload.</summary>
    public static async Task StartUnknownAsync(this TestPortal portal, string id, string name = "NoSuchOrchestrator")
    {
        (await portal.ManageAsync(HttpMethod.Post, $"/orchestrators/{Uri.EscapeDataString(name)}/{id}")).Expect(202);
        await portal.SettleAsync();
    }

    public static Task<Answer> OpenAsync(this TestPortal portal, string id) =>
        portal.As("operator").FetchAsync($"/api/ops/orchestrations/{id}");

    public static Task<Answer> ActAsync(this TestPortal portal, string id, string act, object? body = null) =>
        portal.As("operator").PostAsync($"/api/ops/orchestrations/{id}/{act}", body ?? new { reason = "Mux was down from 10 to 11" });

    public static async Task<string> RuntimeStatusAsync(this TestPortal portal, string id) =>
        (await portal.OpenAsync(id)).Expect(200).Field("orchestration")["runtimeStatus"]?.ToString() ?? "none";

    public static async Task<string> UntilRuntimeAsync(this TestPortal portal, string id, string status) => await Eventually.ValueAsync(
        async () => { await portal.SettleAsync(); return await portal.RuntimeStatusAsync(id); }, seen => seen == status,
        $"{id} to be {status}");

    public static async Task<JsonNode> AuditAsync(this TestPortal portal, Guid entity, string action) =>
        JsonNode.Parse(await portal.ScalarAsync<string>("""
        select json_build_object('tenant', tenant_id, 'actorKind', actor_kind, 'actor', actor_id, 'type', entity_type, 'new', new_value,
           'old', old_value,
                                 'request', request_id, 'times', count(*) over ())::text
          from portal.audit_log where entity_id = @entity and action = @action order by occurred_at desc limit 1
        """, new { entity, action }) ?? throw new Xunit.Sdk.XunitException($"No audit row {action} of {entity}"))!;

    public static Task<long> AuditRowsAsync(this TestPortal portal) => portal.ScalarAsync<long>("select count(*) from portal.audit_log");

    /// <summary>A browser without a screen: cookies, no scripts, no redirects followed.</summary>
    public static HttpClient Browser(this TestPortal portal, CookieContainer? cookies = null) =>
        new(
            new SocketsHttpHandler
            {
                CookieContainer = cookies ?? new(),
                AllowAutoRedirect = false,
            })
        { BaseAddress = portal.Host.Address };

    public static async Task<Answer> SubmitAsync(this HttpClient browser, string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await (await browser.PostAsync(new Uri(path, UriKind.Relative), form)).ReadAsync();
    }

    public static string FormToken(string page) => FormField().Match(page) is { Success: true } found ? found.Groups[1].Value : "";

    public static async Task<Answer> SignInAsync(
        this HttpClient browser, TestPortal portal, string person = "operator", string next = "/ops")
    {
        var page = await browser.FetchAsync("/ops/sign-in");
        return await browser.SubmitAsync(
            "/ops/sign-in", ("form", FormToken(page.Body)), ("token", (await portal.Clerk.SignInAsync(person)).Jwt), ("next", next));
    }

    /// <summary>A browser in which an Operator is signed in.</summary>
    public static async Task<HttpClient> SignedInAsync(this TestPortal portal, CookieContainer? cookies = null)
    {
        var browser = portal.Browser(cookies);
        (await browser.SignInAsync(portal)).Expect(303);
        return browser;
    }

    [GeneratedRegex("""name="form" value="([^"]+)""")]
    private static partial Regex FormField();
}
