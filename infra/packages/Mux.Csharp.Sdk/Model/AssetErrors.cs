#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetErrors : IEquatable<AssetErrors>, IValidatableObject
{
    public AssetErrors(
        string type = null,
        List<string> messages = null)
    {
        Type = type;
        Messages = messages;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetErrors()
    {
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public string Type { get; set; }

    [DataMember(Name = "messages", EmitDefaultValue = false)]
    public List<string> Messages { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetErrors);

    public bool Equals(AssetErrors input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
