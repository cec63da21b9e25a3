using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Resend;

// Public in the real package, but named by its own attributes only.
internal sealed class EmailAddressConverter : JsonConverter<EmailAddress>
{
    public override EmailAddress? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text ? EmailAddress.Parse(text) : null;

    public override void Write(Utf8JsonWriter writer, EmailAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

internal sealed class EmailAddressListConverter : JsonConverter<EmailAddressList>
{
    public override EmailAddressList? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : JsonSerializer.Deserialize<string[]>(ref reader, options) is { } addresses ? EmailAddressList.From(addresses) : null;

    public override void Write(Utf8JsonWriter writer, EmailAddressList value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var address in value)
        {
            writer.WriteStringValue(address.ToString());
        }

        writer.WriteEndArray();
    }
}

internal sealed class ByteArrayOrStringConverter : JsonConverter<ByteArrayOrString>
{
    public override ByteArrayOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString()!;

    public override void Write(Utf8JsonWriter writer, ByteArrayOrString value, JsonSerializerOptions options)
    {
        if (value.ByteArray is { } bytes)
        {
            writer.WriteBase64StringValue(bytes);
        }
        else
        {
            writer.WriteStringValue(value.String);
        }
    }
}

internal sealed class UtcConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.Parse(reader.GetString()!, CultureInfo.InvariantCulture).UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime());
}

internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
