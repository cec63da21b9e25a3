#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class CreateUploadRequest
{
    public CreateUploadRequest(
        int timeout = 3600,
        string corsOrigin = null,
        CreateAssetRequest newAssetSettings = null,
        bool test = false)
    {
        Timeout = timeout;
        CorsOrigin = corsOrigin;
        NewAssetSettings = newAssetSettings;
        Test = test;
    }

    [DataMember(Name = "timeout", EmitDefaultValue = false)]
    public int Timeout { get; set; }

    [DataMember(Name = "cors_origin", EmitDefaultValue = false)]
    public string CorsOrigin { get; set; }

    [DataMember(Name = "new_asset_settings", EmitDefaultValue = false)]
    public CreateAssetRequest NewAssetSettings { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }
}

[DataContract]
public class CreateAssetRequest
{
    public CreateAssetRequest(
        List<InputSettings> input = null,
        List<InputSettings> inputs = null,
        List<PlaybackPolicy> playbackPolicy = null,
        List<PlaybackPolicy> playbackPolicies = null,
        List<CreatePlaybackIDRequest> advancedPlaybackPolicies = null,
        bool perTitleEncode = false,
        string passthrough = null,
        Mp4SupportEnum? mp4Support = null,
        bool normalizeAudio = false,
        MasterAccessEnum? masterAccess = null,
        bool test = false,
        MaxResolutionTierEnum? maxResolutionTier = null,
        EncodingTierEnum? encodingTier = null,
        VideoQualityEnum? videoQuality = null,
        List<CreateStaticRenditionRequest> staticRenditions = null,
        AssetMetadata meta = null)
    {
        Unused.Refuse(
            input, playbackPolicy, advancedPlaybackPolicies, mp4Support, masterAccess, maxResolutionTier, encodingTier, staticRenditions);
        Inputs = inputs;
        PlaybackPolicies = playbackPolicies;
        PerTitleEncode = perTitleEncode;
        Passthrough = passthrough;
        NormalizeAudio = normalizeAudio;
        Test = test;
        VideoQuality = videoQuality;
        Meta = meta;
    }

    public enum Mp4SupportEnum
    {
    }

    public enum MasterAccessEnum
    {
    }

    public enum MaxResolutionTierEnum
    {
    }

    public enum EncodingTierEnum
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VideoQualityEnum
    {
        [EnumMember(Value = "basic")]
        Basic = 1,
    }

    [DataMember(Name = "video_quality", EmitDefaultValue = false)]
    public VideoQualityEnum? VideoQuality { get; set; }

    [DataMember(Name = "inputs", EmitDefaultValue = false)]
    public List<InputSettings> Inputs { get; set; }

    [DataMember(Name = "playback_policies", EmitDefaultValue = false)]
    public List<PlaybackPolicy> PlaybackPolicies { get; set; }

    [Obsolete]
    [DataMember(Name = "per_title_encode", EmitDefaultValue = true)]
    public bool PerTitleEncode { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "normalize_audio", EmitDefaultValue = true)]
    public bool NormalizeAudio { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }

    [DataMember(Name = "meta", EmitDefaultValue = false)]
    public AssetMetadata Meta { get; set; }
}

[DataContract]
public class AssetMetadata
{
    public AssetMetadata(
        string title = null,
        string creatorId = null,
        string externalId = null)
    {
        Unused.Refuse(title, externalId);
        CreatorId = creatorId;
    }

    [DataMember(Name = "creator_id", EmitDefaultValue = false)]
    public string CreatorId { get; set; }
}

[DataContract]
public class InputSettings
{
    public InputSettings(
        string url = null,
        InputSettingsOverlaySettings overlaySettings = null,
        List<AssetGeneratedSubtitleSettings> generatedSubtitles = null,
        double startTime = 0,
        double endTime = 0,
        TypeEnum? type = null,
        TextTypeEnum? textType = null,
        string languageCode = null,
        string name = null,
        bool closedCaptions = false,
        string passthrough = null)
    {
        Unused.Refuse(overlaySettings, generatedSubtitles, startTime, endTime, type, textType, languageCode, name, passthrough);
        Url = url;
        ClosedCaptions = closedCaptions;
    }

    public enum TypeEnum
    {
    }

    public enum TextTypeEnum
    {
    }

    [DataMember(Name = "url", EmitDefaultValue = false)]
    public string Url { get; set; }

    [DataMember(Name = "closed_captions", EmitDefaultValue = true)]
    public bool ClosedCaptions { get; set; }
}

[DataContract]
public class CreatePlaybackIDRequest
{
    public CreatePlaybackIDRequest(
        PlaybackPolicy? policy = null,
        string drmConfigurationId = null)
    {
        Unused.Refuse(drmConfigurationId);
        Policy = policy;
    }

    [DataMember(Name = "policy", EmitDefaultValue = false)]
    public PlaybackPolicy? Policy { get; set; }
}

[DataContract]
public class CreateStaticRenditionRequest
{
    public CreateStaticRenditionRequest(
        ResolutionEnum? resolution = null,
        string passthrough = null)
    {
        Unused.Refuse(passthrough);
        Resolution = resolution;
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum ResolutionEnum
    {
        [EnumMember(Value = "highest")]
        Highest = 1,
    }

    [DataMember(Name = "resolution", EmitDefaultValue = false)]
    public ResolutionEnum? Resolution { get; set; }
}
