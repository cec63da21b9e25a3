using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Portal.Tests.Staging;

/// <summary>The video that checks play: the one that was named, or a file that is uploaded once for all of them.</summary>
public sealed class StagingVideo(StagingArguments arguments)
{
    private const long Largest = 100 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private Guid? asset = arguments.Asset;

    /// <exception cref="StagingStoppedException">It does not become ready.</exception>
    public async Task<Guid> AssetAsync(StagingRun run)
    {
        if (asset is null)
        {
            asset = await UploadAsync(run, new FileInfo(arguments.File!));
            run.Report.Note($"Uploaded {Path.GetFileName(arguments.File!)}; next time: --asset {asset}.");
        }

        return asset.Value;
    }

    private static async Task<Guid> UploadAsync(StagingRun run, FileInfo file)
    {
        if (file.Length is 0 or > Largest)
        {
            throw new StagingStoppedException($"{file.Name} has {file.Length} bytes: a video of a few seconds is enough.");
        }

        var project = await run.PrepareAsync(
            "a project", await run.AdminAsync(HttpMethod.Post, "/api/projects", new { name = "Staging checks" }), 201);
        var upload = await run.PrepareAsync(
            "an upload",
            await run.AdminAsync(
                HttpMethod.Post, "/api/uploads", new { projectId = project.Text("id"), fileName = file.Name, sizeBytes = file.Length }),
            201, 202);
        var path = $"/api/uploads/{upload.Text("id")}";
        upload = await UntilAsync(run, path, upload, now => now.Json?["target"] is JsonObject);
        await run.PrepareAsync("the upload's bytes", await BytesAsync(upload.Json!["target"]!, file, run.Stop), 200, 201);
        var ready = await UntilAsync(run, path, upload, now => now.Text("status") == "ready");
        return Guid.Parse(ready.Text("assetId")!);
    }

    private static async Task<PortalAnswer> UntilAsync(StagingRun run, string path, PortalAnswer last, Func<PortalAnswer, bool> wanted)
    {
        var (waited, pause) = (TimeSpan.Zero, FirstPause);
        while (!wanted(last))
        {
            if (last.Text("status") is "failed" or "cancelled" or "expired" || waited > Patience)
            {
                throw new StagingStoppedException(
                    $"The upload is {last.Text("status")} after {waited.TotalSeconds:0} s: {last.Json?["failure"]}");
            }

            await run.WaitAsync(pause, "for the upload");
            (waited, pause) = (waited + pause, pause < LongestPause ? 2 * pause : LongestPause);
            last = await run.PrepareAsync("the upload's status", await run.AdminAsync(HttpMethod.Get, path), 200);
        }

        return last;
    }

    private static async Task<HttpRequestMessage> BytesAsync(JsonNode target, FileInfo file, CancellationToken ct)
    {
        var content = new ByteArrayContent(await File.ReadAllBytesAsync(file.FullName, ct));
        content.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        var request = new HttpRequestMessage(HttpMethod.Put, target["url"]!.ToString()) { Content = content };
        foreach (var (name, value) in target["headers"]!.AsObject())
        {
            request.Headers.TryAddWithoutValidation(name, value!.ToString());
        }

        return request;
    }
}
