#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class SigningKeyResponse : IEquatable<SigningKeyResponse>, IValidatableObject
{
    public SigningKeyResponse(
        SigningKey data = null)
    {
        Data = data;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private SigningKeyResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public SigningKey Data { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as SigningKeyResponse);

    public bool Equals(SigningKeyResponse input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
