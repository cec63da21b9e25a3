using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

/// <summary>Uploads in real time: the published app and Microsoft's engine take the time that they take.</summary>
internal static class UploadCalls
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>An upload whose bytes are sent.</summary>
    public static async Task<Answer> UploadAsync(this AzurePortal azure, byte[]? bytes = null, string title = "Cut one")
    {
        var (portal, project) = (azure.Portal, await azure.World.ProjectAsync());
        var upload = await Eventually.ValueAsync(
            () => portal.As("agency").PostAsync(
                "/api/uploads", new { projectId = project, title, fileName = "cut-1.mp4", sizeBytes = 1000, source = "direct" }),
            answer => answer.Code is 201 or 202, "an upload to be accepted", Limit);
        if (upload.Code == 202)
        {
            upload = await Eventually.ValueAsync(
                () => portal.As("agency").FetchAsync($"/api/uploads/{upload.Id}"), answer => answer.Json?["target"] is not null,
                "the upload URL", Limit);
        }

        await portal.SendBytesAsync(upload, bytes);
        return upload;
    }

    public static async Task UntilAsync(this AzurePortal azure, Answer upload, string status) => await Eventually.ValueAsync(
        () => azure.Portal.StatusAsync(upload.Id), now => now == status, $"upload {upload.Id} to be {status}", Limit);
}
