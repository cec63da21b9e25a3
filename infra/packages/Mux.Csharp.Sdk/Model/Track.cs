#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class Track : IEquatable<Track>, IValidatableObject
{
    public Track(
        string id = null,
        TypeEnum? type = null,
        double duration = 0,
        long maxWidth = 0,
        long maxHeight = 0,
        double maxFrameRate = 0,
        long maxChannels = 0,
        string maxChannelLayout = null,
        TextTypeEnum? textType = null,
        TextSourceEnum? textSource = null,
        string languageCode = null,
        string name = null,
        bool closedCaptions = false,
        string passthrough = null,
        StatusEnum? status = null,
        bool primary = false)
    {
        Id = id;
        Type = type;
        Duration = duration;
        MaxWidth = maxWidth;
        MaxHeight = maxHeight;
        MaxFrameRate = maxFrameRate;
        MaxChannels = maxChannels;
        MaxChannelLayout = maxChannelLayout;
        TextType = textType;
        TextSource = textSource;
        LanguageCode = languageCode;
        Name = name;
        ClosedCaptions = closedCaptions;
        Passthrough = passthrough;
        Status = status;
        Primary = primary;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private Track()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TypeEnum
    {
        [EnumMember(Value = "video")]
        Video = 1,

        [EnumMember(Value = "audio")]
        Audio = 2,

        [EnumMember(Value = "text")]
        Text = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TextTypeEnum
    {
        [EnumMember(Value = "subtitles")]
        Subtitles = 1,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TextSourceEnum
    {
        [EnumMember(Value = "uploaded")]
        Uploaded = 1,

        [EnumMember(Value = "embedded")]
        Embedded = 2,

        [EnumMember(Value = "generated_live")]
        GeneratedLive = 3,

        [EnumMember(Value = "generated_live_final")]
        GeneratedLiveFinal = 4,

        [EnumMember(Value = "generated_vod")]
        GeneratedVod = 5,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "preparing")]
        Preparing = 1,

        [EnumMember(Value = "ready")]
        Ready = 2,

        [EnumMember(Value = "errored")]
        Errored = 3,

        [EnumMember(Value = "deleted")]
        Deleted = 4,
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public TypeEnum? Type { get; set; }

    [DataMember(Name = "text_type", EmitDefaultValue = false)]
    public TextTypeEnum? TextType { get; set; }

    [DataMember(Name = "text_source", EmitDefaultValue = false)]
    public TextSourceEnum? TextSource { get; set; }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "duration", EmitDefaultValue = false)]
    public double Duration { get; set; }

    [DataMember(Name = "max_width", EmitDefaultValue = false)]
    public long MaxWidth { get; set; }

    [DataMember(Name = "max_height", EmitDefaultValue = false)]
    public long MaxHeight { get; set; }

    [DataMember(Name = "max_frame_rate", EmitDefaultValue = false)]
    public double MaxFrameRate { get; set; }

    [DataMember(Name = "max_channels", EmitDefaultValue = false)]
    public long MaxChannels { get; set; }

    [Obsolete]
    [DataMember(Name = "max_channel_layout", EmitDefaultValue = false)]
    public string MaxChannelLayout { get; set; }

    [DataMember(Name = "language_code", EmitDefaultValue = false)]
    public string LanguageCode { get; set; }

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string Name { get; set; }

    [DataMember(Name = "closed_captions", EmitDefaultValue = true)]
    public bool ClosedCaptions { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "primary", EmitDefaultValue = true)]
    public bool Primary { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as Track);

    public bool Equals(Track input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
