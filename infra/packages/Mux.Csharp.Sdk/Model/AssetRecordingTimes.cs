#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetRecordingTimes : IEquatable<AssetRecordingTimes>, IValidatableObject
{
    public AssetRecordingTimes(
        DateTime startedAt = default,
        double duration = 0,
        TypeEnum? type = null)
    {
        StartedAt = startedAt;
        Duration = duration;
        Type = type;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetRecordingTimes()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TypeEnum
    {
        [EnumMember(Value = "content")]
        Content = 1,

        [EnumMember(Value = "slate")]
        Slate = 2,
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public TypeEnum? Type { get; set; }

    [DataMember(Name = "started_at", EmitDefaultValue = false)]
    public DateTime StartedAt { get; set; }

    [DataMember(Name = "duration", EmitDefaultValue = false)]
    public double Duration { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetRecordingTimes);

    public bool Equals(AssetRecordingTimes input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
