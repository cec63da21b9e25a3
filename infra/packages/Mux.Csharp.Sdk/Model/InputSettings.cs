#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class InputSettings : IEquatable<InputSettings>, IValidatableObject
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
        Url = url;
        OverlaySettings = overlaySettings;
        GeneratedSubtitles = generatedSubtitles;
        StartTime = startTime;
        EndTime = endTime;
        Type = type;
        TextType = textType;
        LanguageCode = languageCode;
        Name = name;
        ClosedCaptions = closedCaptions;
        Passthrough = passthrough;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private InputSettings()
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

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public TypeEnum? Type { get; set; }

    [DataMember(Name = "text_type", EmitDefaultValue = false)]
    public TextTypeEnum? TextType { get; set; }

    [DataMember(Name = "url", EmitDefaultValue = false)]
    public string Url { get; set; }

    [DataMember(Name = "overlay_settings", EmitDefaultValue = false)]
    public InputSettingsOverlaySettings OverlaySettings { get; set; }

    [DataMember(Name = "generated_subtitles", EmitDefaultValue = false)]
    public List<AssetGeneratedSubtitleSettings> GeneratedSubtitles { get; set; }

    [DataMember(Name = "start_time", EmitDefaultValue = false)]
    public double StartTime { get; set; }

    [DataMember(Name = "end_time", EmitDefaultValue = false)]
    public double EndTime { get; set; }

    [DataMember(Name = "language_code", EmitDefaultValue = false)]
    public string LanguageCode { get; set; }

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string Name { get; set; }

    [DataMember(Name = "closed_captions", EmitDefaultValue = true)]
    public bool ClosedCaptions { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as InputSettings);

    public bool Equals(InputSettings input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
