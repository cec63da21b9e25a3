#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetGeneratedSubtitleSettings : IEquatable<AssetGeneratedSubtitleSettings>, IValidatableObject
{
    public AssetGeneratedSubtitleSettings(
        string name = null,
        string passthrough = null,
        LanguageCodeEnum? languageCode = LanguageCodeEnum.En)
    {
        Name = name;
        Passthrough = passthrough;
        LanguageCode = languageCode;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetGeneratedSubtitleSettings()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum LanguageCodeEnum
    {
        [EnumMember(Value = "en")]
        En = 1,

        [EnumMember(Value = "es")]
        Es = 2,

        [EnumMember(Value = "it")]
        It = 3,

        [EnumMember(Value = "pt")]
        Pt = 4,

        [EnumMember(Value = "de")]
        De = 5,

        [EnumMember(Value = "fr")]
        Fr = 6,

        [EnumMember(Value = "pl")]
        Pl = 7,

        [EnumMember(Value = "ru")]
        Ru = 8,

        [EnumMember(Value = "nl")]
        Nl = 9,

        [EnumMember(Value = "ca")]
        Ca = 10,

        [EnumMember(Value = "tr")]
        Tr = 11,

        [EnumMember(Value = "sv")]
        Sv = 12,

        [EnumMember(Value = "uk")]
        Uk = 13,

        [EnumMember(Value = "no")]
        No = 14,

        [EnumMember(Value = "fi")]
        Fi = 15,

        [EnumMember(Value = "sk")]
        Sk = 16,

        [EnumMember(Value = "el")]
        El = 17,

        [EnumMember(Value = "cs")]
        Cs = 18,

        [EnumMember(Value = "hr")]
        Hr = 19,

        [EnumMember(Value = "da")]
        Da = 20,

        [EnumMember(Value = "ro")]
        Ro = 21,

        [EnumMember(Value = "bg")]
        Bg = 22,
    }

    [DataMember(Name = "language_code", EmitDefaultValue = false)]
    public LanguageCodeEnum? LanguageCode { get; set; }

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string Name { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetGeneratedSubtitleSettings);

    public bool Equals(AssetGeneratedSubtitleSettings input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
