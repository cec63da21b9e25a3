using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Xunit;
using Xunit.Sdk;

namespace Portal.Tests.Support;

/// <summary>An answer, read whole. A wrong status fails with the body in the message.</summary>
public sealed record Answer(HttpStatusCode Status, JsonNode? Json, string Body, HttpResponseHeaders Headers)
{
    public int Code => (int)Status;

    public JsonNode Field(string name) => Json?[name] ?? throw new XunitException($"No {name} in {Code}: {Body}");

    public string Text(string name) => Field(name).ToString();

    public Guid Id => Guid.Parse(Text("id"));

    /// <summary>The slug of a problem's type; empty when it is none.</summary>
    public string ProblemType => Json?["type"]?.ToString().Replace("/problems/", "", StringComparison.Ordinal) ?? "";

    public Answer Expect(int code)
    {
        Assert.True(Code == code, $"Expected {code}, got {Code}: {Body}");
        return this;
    }
}

/// <summary>The calls that tests make over and over, spoken as a frontend would.</summary>
public static class PortalCalls
{
    public static async Task<Answer> ReadAsync(this HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            var type = response.Content.Headers.ContentType?.MediaType ?? "";
            var json = (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal)) && text.Length > 0
                ? JsonNode.Parse(text)
                : null;
            return new(response.StatusCode, json, text, response.Headers);
        }
    }

    public static async Task<Answer> FetchAsync(this HttpClient http, string path) =>
        await (await http.GetAsync(new Uri(path, UriKind.RelativeOrAbsolute))).ReadAsync();

    public static async Task<Answer> PostAsync(this HttpClient http, string path, object? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await (await http.SendAsync(request)).ReadAsync();
    }

    /// <summary>An address of the database as a role that row-level security does not bind: then the statements' own predicates hold
    /// alone.</summary>
    public static async Task<string> BypassAsync(this TestPortal portal)
    {
        await using var admin = await portal.OpenAsync();
        await admin.ExecuteAsync("""
            do $$ begin
              if not exists (select 1 from pg_roles where rolname = 'bypass_for_tests')
              then create role bypass_for_tests nologin bypassrls; end if;
            exception when duplicate_object or unique_violation then null;
            end $$;
            grant portal_app to bypass_for_tests;
            """);
        return new NpgsqlConnectionStringBuilder(portal.Database.Admin) { Options = "-c role=bypass_for_tests" }.ConnectionString;
    }

    /// <summary>A project of the first tenant with every crew member in it.</summary>
    public static async Task<Guid> NewProjectAsync(this TestPortal portal, string name = "Launch film")
    {
        var members = Enumerable.Range(1, TestPeople.Crew).Select(i => TestPeople.UserId($"crew{i}")).Append(TestPeople.UserId("agency"));
        return (await portal.As("admin").PostAsync("/api/projects", new { name, memberIds = members })).Expect(201).Id;
    }

    /// <summary>Asks for an upload and waits for the answer while the clock moves.</summary>
    public static Task<Answer> AskUploadAsync(
        this TestPortal portal, Guid project, string person = "agency", string source = "direct", Guid? assetId = null) =>
        portal.WhileMovingAsync(portal.As(person).PostAsync(
            "/api/uploads",
            new { projectId = project, assetId, title = "Cut one", fileName = "cut-1.mp4", sizeBytes = 5_000_000, source }));

    /// <summary>Sends the bytes to where a job says they go.</summary>
    public static async Task SendBytesAsync(this TestPortal portal, Answer upload, byte[]? bytes = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Put, upload.Field("target")["url"]!.ToString())
        { Content = new ByteArrayContent(bytes ?? Mp4Sample.Clip()) };
        foreach (var (name, value) in upload.Field("target")["headers"]!.AsObject())
        {
            request.Headers.TryAddWithoutValidation(name, value!.ToString());
        }

        using var response = await http.SendAsync(request);
        Assert.True(
            response.IsSuccessStatusCode, $"PUT answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        await portal.SettleAsync();
    }

    public static async Task<string> StatusAsync(this TestPortal portal, Guid job) =>
        await portal.ScalarAsync<string>("select status from portal.upload_jobs where id = @job", new { job });

    /// <summary>Moves the clock until the job has that status.</summary>
    public static async Task UntilAsync(this TestPortal portal, Guid job, string status, TimeSpan? step = null)
    {
        var last = "";
        await Eventually.MovingAsync(
            portal.Clock, step
                ?? TimeSpan.FromSeconds(1), async () => (
                    last = await portal.StatusAsync(job)) == status, $"upload {job} to be {status}, last {last}");
        await portal.SettleAsync();
    }

    /// <summary>An upload all the way to ready; answers the job as it was asked for.</summary>
    public static async Task<Answer> UploadReadyAsync(this TestPortal portal, Guid project, string person = "agency", byte[]? bytes = null)
    {
        var upload = (await portal.AskUploadAsync(project, person)).Expect(201);
        await portal.SendBytesAsync(upload, bytes);
        await portal.UntilAsync(upload.Id, "ready");
        return upload;
    }
}
