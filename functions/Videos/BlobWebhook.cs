using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Portal.Foundation.Alerts;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.Videos.Uploads;
using Portal.Vendors.Blob;
using Portal.Videos.Uploads;

namespace Portal.Functions.Videos;

/// <summary>What Vercel's client expects to read.</summary>
public sealed record BlobReceivedJson([OneOf("blob.upload-completed")] string Type, [OneOf("ok")] string Response);

/// <summary>Vercel Blob reports a finished upload: the original's address is kept, and the pipeline goes on with it.</summary>
public sealed class BlobWebhook(BlobTokens tokens, UploadProgressStore progress, AlertStore alerts)
{
    private const int MaxBytes = 64 * 1024;

    [Function("BlobWebhook")]
    [Allows(PortalAction.Anonymous)]
    [Operation(
        "Receive a Vercel Blob upload callback", RawBody = "A blob.upload-completed event. At most 64 KiB.",
        SignedBy = "x-vercel-signature", Returns = typeof(BlobReceivedJson))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/blob")] HttpRequest request,
        [DurableClient] DurableTaskClient durable,
        CancellationToken ct)
    {
        var (body, tooLarge) = await RequestBody.ReadBytesAsync(request, MaxBytes);
        if (tooLarge)
        {
            return RequestBody.TooLarge(MaxBytes);
        }

        if (!tokens.IsSigned(request.Headers["x-vercel-signature"], body.Span))
        {
            await alerts.AddAsync(
                new(
                    AlertKind.WebhookRefused, "blob:mismatch",
                    "A callback of Vercel Blob was refused: it is signed with another token than ours."), ct);
            return new Problem(401, "bad-signature", "The signature is not valid");
        }

        if (Read(body) is not var (pathname, url))
        {
            return Problem.Invalid([new("", "event", "The body must be a blob.upload-completed event.")]);
        }

        // No job: one that was deleted since. Vercel is told that all is well, it has nothing to repeat.
        if (await progress.KeepBlobAsync(pathname, url, ct) is { } job)
        {
            await new UploadPipelines(durable).SignalAsync(job.Ref, ct);
        }

        return Results.Ok(new BlobReceivedJson("blob.upload-completed", "ok"));
    }

    private static (string Pathname, string Url)? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            var blob = json.RootElement.GetProperty("payload").GetProperty("blob");
            return json.RootElement.GetProperty("type").GetString() == "blob.upload-completed"
                && blob.GetProperty("pathname").GetString() is { Length: > 0 and <= 950 } pathname
                && blob.GetProperty("url").GetString() is { Length: > 0 and <= 4000 } url
                ? (pathname, url)
                : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
