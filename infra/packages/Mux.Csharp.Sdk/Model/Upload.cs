#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class Upload : IEquatable<Upload>, IValidatableObject
{
    public Upload(
        string id = null,
        int timeout = 3600,
        StatusEnum? status = null,
        CreateAssetRequest newAssetSettings = null,
        string assetId = null,
        UploadError error = null,
        string corsOrigin = null,
        string url = null,
        bool test = false)
    {
        Id = id;
        Timeout = timeout;
        Status = status;
        NewAssetSettings = newAssetSettings;
        AssetId = assetId;
        Error = error;
        CorsOrigin = corsOrigin;
        Url = url;
        Test = test;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private Upload()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "waiting")]
        Waiting = 1,

        [EnumMember(Value = "asset_created")]
        AssetCreated = 2,

        [EnumMember(Value = "errored")]
        Errored = 3,

        [EnumMember(Value = "cancelled")]
        Cancelled = 4,

        [EnumMember(Value = "timed_out")]
        TimedOut = 5,
    }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "timeout", EmitDefaultValue = false)]
    public int Timeout { get; set; }

    [DataMember(Name = "new_asset_settings", EmitDefaultValue = false)]
    public CreateAssetRequest NewAssetSettings { get; set; }

    [DataMember(Name = "asset_id", EmitDefaultValue = false)]
    public string AssetId { get; set; }

    [DataMember(Name = "error", EmitDefaultValue = false)]
    public UploadError Error { get; set; }

    [DataMember(Name = "cors_origin", EmitDefaultValue = false)]
    public string CorsOrigin { get; set; }

    [DataMember(Name = "url", EmitDefaultValue = false)]
    public string Url { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as Upload);

    public bool Equals(Upload input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
