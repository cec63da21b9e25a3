#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class InputSettingsOverlaySettings : IEquatable<InputSettingsOverlaySettings>, IValidatableObject
{
    public InputSettingsOverlaySettings(
        VerticalAlignEnum? verticalAlign = null,
        string verticalMargin = null,
        HorizontalAlignEnum? horizontalAlign = null,
        string horizontalMargin = null,
        string width = null,
        string height = null,
        string opacity = null)
    {
        VerticalAlign = verticalAlign;
        VerticalMargin = verticalMargin;
        HorizontalAlign = horizontalAlign;
        HorizontalMargin = horizontalMargin;
        Width = width;
        Height = height;
        Opacity = opacity;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private InputSettingsOverlaySettings()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VerticalAlignEnum
    {
        [EnumMember(Value = "top")]
        Top = 1,

        [EnumMember(Value = "middle")]
        Middle = 2,

        [EnumMember(Value = "bottom")]
        Bottom = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum HorizontalAlignEnum
    {
        [EnumMember(Value = "left")]
        Left = 1,

        [EnumMember(Value = "center")]
        Center = 2,

        [EnumMember(Value = "right")]
        Right = 3,
    }

    [DataMember(Name = "vertical_align", EmitDefaultValue = false)]
    public VerticalAlignEnum? VerticalAlign { get; set; }

    [DataMember(Name = "horizontal_align", EmitDefaultValue = false)]
    public HorizontalAlignEnum? HorizontalAlign { get; set; }

    [DataMember(Name = "vertical_margin", EmitDefaultValue = false)]
    public string VerticalMargin { get; set; }

    [DataMember(Name = "horizontal_margin", EmitDefaultValue = false)]
    public string HorizontalMargin { get; set; }

    [DataMember(Name = "width", EmitDefaultValue = false)]
    public string Width { get; set; }

    [DataMember(Name = "height", EmitDefaultValue = false)]
    public string Height { get; set; }

    [DataMember(Name = "opacity", EmitDefaultValue = false)]
    public string Opacity { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as InputSettingsOverlaySettings);

    public bool Equals(InputSettingsOverlaySettings input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
