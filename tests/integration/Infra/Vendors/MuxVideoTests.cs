using Mux.Csharp.Sdk.Api;
using Mux.Csharp.Sdk.Client;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors;
using Portal.Vendors.Mux;

namespace Portal.Tests.Integration.Infra.Vendors;

/// <summary>Our adapter over Mux's SDK: whatever the SDK keeps silent about comes out as one of four answers.</summary>
public sealed class MuxVideoTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private MuxVideo video = null!;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        video = Over(portal.Mux.ApiUrl.ToString());
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_refused_connection_is_unknown_for_every_call_deletes_included()
    {
        var away = Over("http://127.0.0.1:9");
        Assert.IsType<VendorFailure.Unknown>((await away.CreateUploadAsync("p", "t", null, TimeSpan.FromHours(1), default)).Failure);
        Assert.IsType<VendorFailure.Unknown>((await away.GetUploadAsync("u", default)).Failure);
        Assert.IsType<VendorFailure.Unknown>((await away.GetAssetAsync("a", default)).Failure);
        Assert.IsType<VendorFailure.Unknown>(await away.DeleteAssetAsync("a", default));
    }

    [Fact]
    public async Task Silence_and_garbage_are_unknown()
    {
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.NeverAnswers);
        var impatient = Over(portal.Mux.ApiUrl.ToString(), milliseconds: 400);
        Assert.IsType<VendorFailure.Unknown>((await impatient.GetUploadAsync("u", default)).Failure);
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Garbage);
        Assert.IsType<VendorFailure.Unknown>((await video.GetUploadAsync("u", default)).Failure);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(409)]
    public async Task A_server_error_is_unknown(int status)
    {
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(status));
        Assert.IsType<VendorFailure.Unknown>((await video.GetUploadAsync("u", default)).Failure);
    }

    [Fact]
    public async Task Too_many_requests_is_a_pace_with_or_without_a_wait()
    {
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(429, retryAfterSeconds: 7));
        Assert.Equal(
            TimeSpan.FromSeconds(7), Assert.IsType<VendorFailure.RateLimited>((await video.GetUploadAsync("u", default)).Failure).Wait);
        portal.Mux.Faults.FailNextApiCalls(1, ApiFault.Status(429));
        Assert.Equal(
            TimeSpan.FromSeconds(1), Assert.IsType<VendorFailure.RateLimited>((await video.GetUploadAsync("u", default)).Failure).Wait);
    }

    [Fact]
    public async Task A_refusal_carries_the_reason_of_Mux_and_gone_already_is_deleted()
    {
        var refused = Assert.IsType<VendorFailure.Refused>((await video.GetUploadAsync("nobody", default)).Failure);
        Assert.Equal(404, refused.Status);
        Assert.Contains("not_found", refused.Reason, StringComparison.Ordinal);
        Assert.Null(await video.DeleteAssetAsync("nobody", default));
    }

    [Fact]
    public async Task A_delete_that_is_refused_has_not_happened()
    {
        portal.Mux.Faults.FailNextApiCalls(
            2, ApiFault.Status(400, """{"error":{"type":"invalid_parameters","messages":["Asset is not ready."]}}"""));
        Assert.Equal(400, Assert.IsType<VendorFailure.Refused>(await video.DeleteAssetAsync("busy", default)).Status);
        Assert.Equal(400, Assert.IsType<VendorFailure.Refused>(await video.DeletePlaybackIdAsync("busy", "one", default)).Status);
    }

    [Fact]
    public async Task A_cancelled_caller_is_cancelled_before_anything_is_sent()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => video.GetUploadAsync("u", new CancellationToken(canceled: true)));
        Assert.Empty(portal.Mux.Requests.All);
    }

    private static MuxVideo Over(string address, int milliseconds = 20_000)
    {
        var configuration = new Configuration
        {
            BasePath = address,
            Username = "local-mux-token",
            Password = "local-mux-secret",
            Timeout = milliseconds,
        };
        return new MuxVideo(
            new DirectUploadsApi(configuration), new AssetsApi(configuration), new DeliveryUsageApi(configuration), Circuits.Make());
    }
}
