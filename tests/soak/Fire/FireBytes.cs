using Portal.Tests.Support;

namespace Portal.Tests.Soak.Fire;

/// <summary>Sends a clip to where an upload wants it, as soon as the pipeline has found out.</summary>
public static class FireBytes
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Clip = Mp4Sample.Clip();

    public static int Length => Clip.Length;

    public static async Task SendAsync(FireCaller caller, string person, Guid job)
    {
        while (true)
        {
            var upload = await caller.SureAsync(person, HttpMethod.Get, $"/api/uploads/{job}", null, 200);
            if (upload.Json?["target"] is { } target)
            {
                using var http = new HttpClient();
                using var request = new HttpRequestMessage(HttpMethod.Put, target["url"]!.ToString());
                request.Content = new ByteArrayContent(Clip);
                foreach (var (name, value) in target["headers"]!.AsObject())
                {
                    request.Headers.TryAddWithoutValidation(name, value!.ToString());
                }

                using var response = await http.SendAsync(request);
                response.EnsureSuccessStatusCode();
                return;
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
