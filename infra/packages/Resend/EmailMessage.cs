using System.Text.Json.Serialization;

namespace Resend;

public class EmailMessage
{
    public EmailMessage()
    {
    }

    [JsonPropertyName("from")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmailAddress? From { get; set; }

    [JsonPropertyName("to")]
    public EmailAddressList To { get; set; } = [];

    [JsonPropertyName("subject")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; set; }

    [JsonPropertyName("cc")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmailAddressList? Cc { get; set; }

    [JsonPropertyName("bcc")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmailAddressList? Bcc { get; set; }

    [JsonPropertyName("reply_to")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmailAddressList? ReplyTo { get; set; }

    [JsonPropertyName("text")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TextBody { get; set; }

    [JsonPropertyName("html")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HtmlBody { get; set; }

    [JsonPropertyName("headers")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, string>? Headers { get; set; }

    [JsonPropertyName("attachments")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<EmailAttachment>? Attachments { get; set; }

    [JsonPropertyName("tags")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<EmailTag>? Tags { get; set; }
}

public class EmailTag
{
    public EmailTag()
    {
    }

    [JsonPropertyName("name")]
    public string Name { get; set; } = default!;

    [JsonPropertyName("value")]
    public string Value { get; set; } = default!;
}

public class EmailAttachment
{
    public EmailAttachment()
    {
    }

    [JsonPropertyName("filename")]
    public string Filename { get; set; } = default!;

    [JsonPropertyName("path")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; set; }

    [JsonPropertyName("content")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ByteArrayOrString? Content { get; set; }

    [JsonPropertyName("content_type")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentType { get; set; }

    [JsonPropertyName("content_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentId { get; set; }
}

public class EmailReceipt
{
    public EmailReceipt()
    {
    }

    [JsonPropertyName("id")]
    public Guid Id { get; set; }

    [JsonPropertyName("from")]
    public EmailAddress From { get; set; } = default!;

    [JsonPropertyName("to")]
    public EmailAddressList To { get; set; } = default!;

    [JsonPropertyName("subject")]
    public string Subject { get; set; } = default!;

    [JsonPropertyName("text")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TextBody { get; set; }

    [JsonPropertyName("html")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HtmlBody { get; set; }

    [JsonPropertyName("created_at")]
    [JsonConverter(typeof(UtcConverter))]
    public DateTime MomentCreated { get; set; }

    [JsonPropertyName("last_event")]
    public EmailStatus? LastEvent { get; set; }
}

[JsonConverter(typeof(SnakeCaseEnumConverter<EmailStatus>))]
public enum EmailStatus
{
    Bounced = 0,
    Canceled = 1,
    Clicked = 2,
    Complained = 3,
    Delivered = 4,
    DeliveryDelayed = 5,
    Opened = 6,
    Queued = 7,
    Scheduled = 8,
    Sent = 9,
    Suppressed = 10,
    Failed = 11,
}
