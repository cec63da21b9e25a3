using System.Text.Json;
using Portal.Vendors.Mux;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Videos;

/// <summary>What of Mux's webhooks is used, and what is read of it.</summary>
public sealed class MuxEventsTests
{
    [Theory]
    [InlineData("video.upload.asset_created", true)]
    [InlineData("video.upload.errored", true)]
    [InlineData("video.upload.cancelled", true)]
    [InlineData("video.asset.created", true)]
    [InlineData("video.asset.ready", true)]
    [InlineData("video.asset.errored", true)]
    [InlineData("video.asset.updated", true)]
    [InlineData("video.upload.created", false)]
    [InlineData("video.asset.deleted", false)]
    [InlineData("video.asset.hologram", false)]
    [InlineData("", false)]
    public void Events_of_uploads_and_of_assets_are_used_and_no_others(string type, bool used) =>
        Assert.Equal(used, new MuxEvents(null!, null!).Uses(type));

    [Fact]
    public void The_signed_playback_id_is_taken_wherever_it_stands_and_public_ones_are_told()
    {
        using var data = JsonDocument.Parse("""
            {"id":"a","status":"ready","playback_ids":[{"id":"open","policy":"public"},{"id":"one","policy":"signed"},
             {"id":"two","policy":"signed"}]}
            """);

        var asset = MuxWire.Asset(data.RootElement);

        Assert.Equal(("one", "open"), (asset.SignedPlaybackId, Assert.Single(asset.PublicPlaybackIds)));
    }
}
