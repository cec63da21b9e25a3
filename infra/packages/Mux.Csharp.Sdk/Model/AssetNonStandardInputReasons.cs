#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetNonStandardInputReasons : IEquatable<AssetNonStandardInputReasons>, IValidatableObject
{
    public AssetNonStandardInputReasons(
        string videoCodec = null,
        string audioCodec = null,
        VideoGopSizeEnum? videoGopSize = null,
        string videoFrameRate = null,
        string videoResolution = null,
        VideoBitrateEnum? videoBitrate = null,
        string pixelAspectRatio = null,
        VideoEditListEnum? videoEditList = null,
        AudioEditListEnum? audioEditList = null,
        UnexpectedMediaFileParametersEnum? unexpectedMediaFileParameters = null,
        string unsupportedPixelFormat = null)
    {
        VideoCodec = videoCodec;
        AudioCodec = audioCodec;
        VideoGopSize = videoGopSize;
        VideoFrameRate = videoFrameRate;
        VideoResolution = videoResolution;
        VideoBitrate = videoBitrate;
        PixelAspectRatio = pixelAspectRatio;
        VideoEditList = videoEditList;
        AudioEditList = audioEditList;
        UnexpectedMediaFileParameters = unexpectedMediaFileParameters;
        UnsupportedPixelFormat = unsupportedPixelFormat;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetNonStandardInputReasons()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VideoGopSizeEnum
    {
        [EnumMember(Value = "high")]
        High = 1,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VideoBitrateEnum
    {
        [EnumMember(Value = "high")]
        High = 1,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VideoEditListEnum
    {
        [EnumMember(Value = "non-standard")]
        NonStandard = 1,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum AudioEditListEnum
    {
        [EnumMember(Value = "non-standard")]
        NonStandard = 1,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum UnexpectedMediaFileParametersEnum
    {
        [EnumMember(Value = "non-standard")]
        NonStandard = 1,
    }

    [DataMember(Name = "video_gop_size", EmitDefaultValue = false)]
    public VideoGopSizeEnum? VideoGopSize { get; set; }

    [DataMember(Name = "video_bitrate", EmitDefaultValue = false)]
    public VideoBitrateEnum? VideoBitrate { get; set; }

    [DataMember(Name = "video_edit_list", EmitDefaultValue = false)]
    public VideoEditListEnum? VideoEditList { get; set; }

    [DataMember(Name = "audio_edit_list", EmitDefaultValue = false)]
    public AudioEditListEnum? AudioEditList { get; set; }

    [DataMember(Name = "unexpected_media_file_parameters", EmitDefaultValue = false)]
    public UnexpectedMediaFileParametersEnum? UnexpectedMediaFileParameters { get; set; }

    [DataMember(Name = "video_codec", EmitDefaultValue = false)]
    public string VideoCodec { get; set; }

    [DataMember(Name = "audio_codec", EmitDefaultValue = false)]
    public string AudioCodec { get; set; }

    [DataMember(Name = "video_frame_rate", EmitDefaultValue = false)]
    public string VideoFrameRate { get; set; }

    [DataMember(Name = "video_resolution", EmitDefaultValue = false)]
    public string VideoResolution { get; set; }

    [DataMember(Name = "pixel_aspect_ratio", EmitDefaultValue = false)]
    public string PixelAspectRatio { get; set; }

    [DataMember(Name = "unsupported_pixel_format", EmitDefaultValue = false)]
    public string UnsupportedPixelFormat { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetNonStandardInputReasons);

    public bool Equals(AssetNonStandardInputReasons input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
