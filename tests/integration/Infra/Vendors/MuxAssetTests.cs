using System.Text;
using System.Text.Json.Nodes;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Vendors;

public sealed class MuxAssetTests : IAsyncLifetime
{
    private MuxLab lab = null!;

    public async Task InitializeAsync() => lab = await MuxLab.StartAsync();

    public async Task DisposeAsync() => await lab.DisposeAsync();

    [Fact]
    public async Task Asset_from_a_url_is_fetched_and_becomes_ready()
    {
        lab.Hooks.File = Mp4Sample.Clip();
        var asset = await CreateAsync(lab.Hooks.FileAddress.ToString());
        Assert.Equal("preparing", (string)asset["status"]!);
        Assert.Equal("on_demand_url", (string)asset["ingest_type"]!);
        await lab.EncodeAsync();
        Assert.Equal("ready", (string)(await GetAsync(asset))["status"]!);
        Assert.Equal(["video.asset.created", "video.asset.ready"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Input_info_tells_what_was_put_in_and_what_it_is()
    {
        lab.Hooks.File = Mp4Sample.Clip(2, 640, 360, 25);
        var asset = await CreateAsync(lab.Hooks.FileAddress.ToString());
        var path = $"/video/v1/assets/{asset["id"]}/input-info";
        Assert.False((await lab.CallAsync(HttpMethod.Get, path))["data"]![0]!.AsObject().ContainsKey("file"));
        await lab.EncodeAsync();
        var input = (await lab.CallAsync(HttpMethod.Get, path))["data"]!.AsArray().Single()!;
        Assert.Equal(lab.Hooks.FileAddress.ToString(), (string)input["settings"]!["url"]!);
        Assert.Equal("mp4", (string)input["file"]!["container_format"]!);
        var video = input["file"]!["tracks"]![0]!;
        Assert.Equal(
            ("video", 640, 360, 25), ((string)video["type"]!, (int)video["width"]!, (int)video["height"]!, (int)video["frame_rate"]!));
        await lab.CallAsync(HttpMethod.Get, "/video/v1/assets/none/input-info", expected: 404);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/none", "no connection")]
    [InlineData("file:///etc/passwd", "not an http")]
    [InlineData("", "404")]
    public async Task Asset_whose_url_gives_nothing_is_errored(string url, string reason)
    {
        var asset = await CreateAsync(url.Length == 0 ? lab.Hooks.FileAddress.ToString() : url);
        await lab.EncodeAsync();
        var errored = await GetAsync(asset);
        Assert.Equal("errored", (string)errored["status"]!);
        Assert.Equal("invalid_input", (string)errored["errors"]!["type"]!);
        Assert.Contains(reason, (string)errored["errors"]!["messages"]![0]!, StringComparison.Ordinal);
        Assert.Equal(["video.asset.created", "video.asset.errored"], lab.Hooks.Types);
    }

    [Fact]
    public async Task Text_that_is_no_video_is_errored_with_a_reason()
    {
        var asset = await lab.UploadAsync(Encoding.UTF8.GetBytes("This is not a video. Not at all."));
        Assert.Equal("errored", (string)asset["status"]!);
        Assert.Equal("invalid_input", (string)asset["errors"]!["type"]!);
        Assert.Equal("video.asset.errored", lab.Hooks.Types[^1]);
        Assert.Equal("errored", (string)lab.Hooks.All[^1].Json["data"]!["progress"]!["state"]!);
    }

    [Fact]
    public async Task Planned_encoding_failure_ends_errored_with_its_reason()
    {
        lab.Mux.Faults.FailNextEncodings(1, "The codec is on strike.");
        var failed = await lab.UploadAsync(Mp4Sample.Clip());
        Assert.Equal("The codec is on strike.", (string)failed["errors"]!["messages"]![0]!);
        Assert.Equal("ready", (string)(await lab.UploadAsync(Mp4Sample.Clip()))["status"]!);
    }

    [Fact]
    public async Task Preparing_asset_cannot_be_deleted_and_a_ready_one_is_gone_with_its_playback_ids()
    {
        lab.Hooks.File = Mp4Sample.Clip();
        var asset = await CreateAsync(lab.Hooks.FileAddress.ToString());
        var refused = await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}", expected: 400);
        Assert.Equal("Can't delete a preparing asset.", (string)refused["error"]!["messages"]![0]!);
        await lab.EncodeAsync();
        await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}", expected: 204);
        await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}", expected: 404);
        await lab.CallAsync(HttpMethod.Get, $"/video/v1/assets/{asset["id"]}", expected: 404);
        await lab.CallAsync(HttpMethod.Get, $"/video/v1/playback-ids/{asset["playback_ids"]![0]!["id"]}", expected: 404);
        await lab.Mux.WhenIdleAsync();
        Assert.Equal("video.asset.deleted", lab.Hooks.Types[^1]);
    }

    [Fact]
    public async Task Lists_go_by_page_by_cursor_and_by_upload()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, (string)(await CreateAsync("http://127.0.0.1:9/none"))["id"]!);
        }
        var second = await lab.CallAsync(HttpMethod.Get, "/video/v1/assets?limit=2&page=2");
        Assert.Equal(ids[2..4], Ids(second));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await lab.CallAsync(
                HttpMethod.Get, $"/video/v1/assets?limit=2{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            seen.AddRange(Ids(page));
            cursor = (string?)page["next_cursor"];
        }
        while (cursor is not null);
        Assert.Equal(ids, seen);
        var upload = await lab.CreateUploadAsync();
        using var put = await lab.PutAsync(upload, Mp4Sample.Clip());
        Assert.Single(Ids(await lab.CallAsync(HttpMethod.Get, $"/video/v1/assets?upload_id={upload["id"]}")));
        await lab.CallAsync(HttpMethod.Get, "/video/v1/assets?cursor=nonsense!", expected: 400);
    }

    [Fact]
    public async Task Change_replaces_what_it_names_and_tells()
    {
        var asset = await lab.UploadAsync(Mp4Sample.Clip());
        var path = $"/video/v1/assets/{asset["id"]}";
        var changed = await lab.CallAsync(HttpMethod.Patch, path, new JsonObject { ["meta"] = new JsonObject { ["external_id"] = "e1" } });
        Assert.Equal("job-42", (string)changed["data"]!["passthrough"]!);
        Assert.Equal("e1", (string)changed["data"]!["meta"]!["external_id"]!);
        await lab.CallAsync(HttpMethod.Patch, path, new JsonObject { ["passthrough"] = new string('x', 256) }, 400);
        await lab.Mux.WhenIdleAsync();
        Assert.Equal("video.asset.updated", lab.Hooks.Types[^1]);
    }

    [Fact]
    public async Task Playback_ids_are_made_found_and_deleted()
    {
        var asset = await lab.UploadAsync(Mp4Sample.Clip());
        var path = $"/video/v1/assets/{asset["id"]}/playback-ids";
        var made = (await lab.CallAsync(HttpMethod.Post, path, new JsonObject { ["policy"] = "public" }, 201))["data"]!;
        Assert.Equal("public", (string)made["policy"]!);
        var found = (await lab.CallAsync(HttpMethod.Get, $"/video/v1/playback-ids/{made["id"]}"))["data"]!;
        Assert.Equal((string)asset["id"]!, (string)found["object"]!["id"]!);
        Assert.Equal("asset", (string)found["object"]!["type"]!);
        await lab.CallAsync(HttpMethod.Delete, $"{path}/{made["id"]}", expected: 204);
        await lab.CallAsync(HttpMethod.Delete, $"{path}/{made["id"]}", expected: 404);
        await lab.CallAsync(HttpMethod.Post, path, new JsonObject { ["policy"] = "open" }, 400);
    }

    [Fact]
    public async Task Static_renditions_become_ready_or_are_skipped_when_larger_than_the_video()
    {
        var asset = await lab.UploadAsync(Mp4Sample.Clip(width: 1280, height: 720), new JsonObject
        {
            ["playback_policies"] = new JsonArray("signed"),
            ["static_renditions"] = new JsonArray(new JsonObject { ["resolution"] = "highest" }),
        });
        Assert.Equal("preparing", (string)asset["static_renditions"]!["files"]![0]!["status"]!);
        await lab.CallAsync(
            HttpMethod.Post, $"/video/v1/assets/{asset["id"]}/static-renditions", new JsonObject { ["resolution"] = "2160p" }, 201);
        await lab.CallAsync(
            HttpMethod.Post, $"/video/v1/assets/{asset["id"]}/static-renditions", new JsonObject { ["resolution"] = "enormous" }, 400);
        await lab.EncodeAsync();
        var files = (await GetAsync(asset))["static_renditions"]!["files"]!.AsArray();
        Assert.Equal(["highest.mp4 ready", "2160p.mp4 skipped"], files.Select(file => $"{file!["name"]} {file["status"]}"));
        Assert.Contains("video.asset.static_rendition.ready", lab.Hooks.Types);
        Assert.Contains("video.asset.static_rendition.skipped", lab.Hooks.Types);
        await lab.CallAsync(HttpMethod.Delete, $"/video/v1/assets/{asset["id"]}/static-renditions/{files[0]!["id"]}", expected: 204);
    }

    [Fact]
    public async Task Signing_key_shows_its_private_half_only_once()
    {
        var made = (await lab.CallAsync(HttpMethod.Post, "/system/v1/signing-keys", expected: 201))["data"]!;
        var pem = Encoding.ASCII.GetString(Convert.FromBase64String((string)made["private_key"]!));
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----", pem, StringComparison.Ordinal);
        Assert.Null((await lab.CallAsync(HttpMethod.Get, $"/system/v1/signing-keys/{made["id"]}"))["data"]!["private_key"]);
        Assert.Single((await lab.CallAsync(HttpMethod.Get, "/system/v1/signing-keys"))["data"]!.AsArray());
        await lab.CallAsync(HttpMethod.Delete, $"/system/v1/signing-keys/{made["id"]}", expected: 204);
        await lab.CallAsync(HttpMethod.Get, $"/system/v1/signing-keys/{made["id"]}", expected: 404);
    }

    private static IEnumerable<string> Ids(JsonObject list) => list["data"]!.AsArray().Select(one => (string)one!["id"]!);

    private async Task<JsonObject> CreateAsync(string url) => (await lab.CallAsync(
        HttpMethod.Post, "/video/v1/assets",
        new JsonObject { ["inputs"] = new JsonArray(new JsonObject { ["url"] = url }), ["playback_policies"] = new JsonArray("signed") },
        201))["data"]!.AsObject();

    private async Task<JsonObject> GetAsync(JsonObject asset) =>
        (await lab.CallAsync(HttpMethod.Get, $"/video/v1/assets/{asset["id"]}"))["data"]!.AsObject();
}
