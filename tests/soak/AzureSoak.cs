using System.Net;
using Portal.Tests.Support;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Soak;

/// <summary>
/// Uploads with the published app on Microsoft's engine while its worker process is killed and Mux's webhooks come twice, out of order, or
/// never (then the pipeline's own timer asks Mux, after two minutes). Every accepted upload becomes ready, and each says so once.
/// </summary>
public static class AzureSoak
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    public static async Task<int> RunAsync(SoakArguments args)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (count, kills) = (args.Number("--uploads", 60), args.Number("--kills", 10));
        var seed = args.Number("--seed", Random.Shared.Next(1_000_000));
        Console.WriteLine($"azure: {count} uploads, {kills} kills, seed {seed}");
        var azure = new AzurePortal();
        try
        {
            await azure.InitializeAsync();
            var (uploads, unanswered) = await UploadAsync(azure, count, kills, new Random(seed));
            var violations = await SettleAsync(azure.Portal, uploads);
            foreach (var violation in violations)
            {
                Console.WriteLine($"VIOLATION {violation}");
            }

            Console.WriteLine(
                $"azure: {uploads.Count} uploads accepted, {unanswered} answers lost, {kills} kills, {violations.Count} violations, seed "
                    + $"{seed}, "
                + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s");
            return violations.Count == 0 && uploads.Count > 0 ? 0 : 1;
        }
        finally
        {
            await azure.DisposeAsync();
        }
    }

    private static async Task<(List<Guid> Uploads, int Unanswered)> UploadAsync(AzurePortal azure, int count, int kills, Random random)
    {
        var portal = azure.Portal;
        var project = await azure.World.ProjectAsync();
        var killAt = Enumerable.Range(0, kills).Select(_ => random.Next(count)).ToHashSet();
        var (uploads, unanswered) = (new List<Guid>(), 0);
        for (var n = 0; n < count; n++)
        {
            var fate = random.Next(4);
            portal.Mux.Faults.DuplicateWebhooks = fate == 1;
            portal.Mux.Faults.ShuffleWebhooks = fate == 2;
            portal.Mux.Faults.DropWebhooks = fate == 3 ? _ => true : null;
            try
            {
                var upload = await portal.As("agency").PostAsync(
                    "/api/uploads", new { projectId = project, title = "Cut", fileName = "cut.mp4", sizeBytes = 1000, source = "direct" });
                if (upload.Status is HttpStatusCode.Created)
                {
                    uploads.Add(upload.Id);
                    await portal.SendBytesAsync(upload);
                }
            }
            catch (HttpRequestException)
            {
                unanswered++;
            }

            if (killAt.Contains(n))
            {
                azure.Host.KillWorker();
            }
        }

        portal.Mux.Faults.Clear();
        return (uploads, unanswered);
    }

    private static async Task<List<string>> SettleAsync(TestPortal portal, List<Guid> uploads)
    {
        var violations = new List<string>();
        foreach (var upload in uploads)
        {
            try
            {
                await Eventually.ValueAsync(
                    () => portal.StatusAsync(upload), status => status == "ready", $"upload {upload} to be ready", Limit);
            }
            catch (Xunit.Sdk.XunitException late)
            {
                violations.Add(late.Message);
                continue;
            }

            if (await portal.EventsAsync(upload, "mux_asset_ready") is var told and not 1)
            {
                violations.Add($"upload {upload} said {told} times that it is ready");
            }
        }

        return violations;
    }
}
