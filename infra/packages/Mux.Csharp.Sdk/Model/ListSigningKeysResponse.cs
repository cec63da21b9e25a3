#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class ListSigningKeysResponse : IEquatable<ListSigningKeysResponse>, IValidatableObject
{
    public ListSigningKeysResponse(
        List<SigningKey> data = null)
    {
        Data = data;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private ListSigningKeysResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public List<SigningKey> Data { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as ListSigningKeysResponse);

    public bool Equals(ListSigningKeysResponse input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
