#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class Upload
{
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

    [DataMember(Name = "asset_id", EmitDefaultValue = false)]
    public string AssetId { get; set; }

    [DataMember(Name = "error", EmitDefaultValue = false)]
    public UploadError Error { get; set; }

    [DataMember(Name = "url", EmitDefaultValue = false)]
    public string Url { get; set; }
}

[DataContract]
public class UploadError
{
    [JsonConstructor]
    private UploadError()
    {
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public string Type { get; set; }

    [DataMember(Name = "message", EmitDefaultValue = false)]
    public string Message { get; set; }
}
