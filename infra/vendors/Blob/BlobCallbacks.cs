using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Blob;

/// <summary>
/// Posts <c>blob.upload-completed</c> to the address a client token named, signed with the read-write token over the raw body
/// (<c>x-vercel-signature</c>, hex). Vercel cannot reach a laptop; this can, so the flow is whole here.
/// </summary>
internal sealed class BlobCallbacks(VendorHost host, string readWriteToken) : IDisposable
{
    private const string Kind = "upload-completed";
    private static readonly TimeSpan[] Gaps = [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)];

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(15),
    };

    public void Register() => host.Work.On(Kind, TryAsync);

    public async Task PlanAsync(NpgsqlConnection c, NpgsqlTransaction t, string address, JsonObject blob, string? tokenPayload)
    {
        var id = Ids.New(24);
        var body = new JsonObject
        {
            ["type"] = "blob.upload-completed",
            ["payload"] = new JsonObject { ["blob"] = blob.DeepClone(), ["tokenPayload"] = tokenPayload },
        };
        await c.ExecuteAsync(
            "insert into vendors.blob_callbacks (id, address, body, created_at) values (@id, @address, @body, @now)",
            new { id, address, body = VendorReply.Text(body), now = host.Now.UtcDateTime }, t);
        await host.Work.ScheduleAsync(c, t, Kind, id, host.Now);
    }

    public void Dispose() => http.Dispose();

    private async Task<DateTimeOffset?> TryAsync(DueRow due, NpgsqlConnection c, NpgsqlTransaction t, CancellationToken ct)
    {
        var (address, body) = await c.QuerySingleAsync<(string, string)>(
            "select address, body from vendors.blob_callbacks where id = @Subject", due, t);
        var delivered = Uri.TryCreate(address, UriKind.Absolute, out var to) && to.Scheme is "http" or "https"
            && await PostAsync(to, Encoding.UTF8.GetBytes(body), ct);
        var state = delivered ? "delivered" : due.Attempts < Gaps.Length ? "waiting" : "given_up";
        await c.ExecuteAsync(
            "update vendors.blob_callbacks set attempts = attempts + 1, state = @state where id = @Subject", new { state, due.Subject },
            t);
        return state == "waiting" ? host.Now + Gaps[due.Attempts] : null;
    }

    private async Task<bool> PostAsync(Uri to, byte[] body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation(
            "x-vercel-signature", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(readWriteToken), body)));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Unreachable, broken off or too slow: tried again after the next gap.
            return false;
        }
    }
}
