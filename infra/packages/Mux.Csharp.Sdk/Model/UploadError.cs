#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class UploadError : IEquatable<UploadError>, IValidatableObject
{
    public UploadError(
        string type = null,
        string message = null)
    {
        Type = type;
        Message = message;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private UploadError()
    {
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public string Type { get; set; }

    [DataMember(Name = "message", EmitDefaultValue = false)]
    public string Message { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as UploadError);

    public bool Equals(UploadError input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
