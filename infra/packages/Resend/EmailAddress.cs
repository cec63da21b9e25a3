using System.Text.Json.Serialization;

namespace Resend;

/// <summary>
/// Written as <c>Name &lt;address&gt;</c> with no quoting or escaping of the name: what a caller puts into it goes out as it is.
/// </summary>
[JsonConverter(typeof(EmailAddressConverter))]
public class EmailAddress : IEquatable<EmailAddress>
{
    public EmailAddress()
    {
    }

    public string Email { get; set; } = default!;

    public string? DisplayName { get; set; }

    public static implicit operator EmailAddress(string email) => Parse(email);

    public static EmailAddress Parse(string addr)
    {
        var bracket = addr.LastIndexOf(" <", StringComparison.Ordinal);
        return bracket >= 0 && addr.EndsWith('>')
            ? new EmailAddress { DisplayName = addr[..bracket], Email = addr[(bracket + 2)..^1] }
            : new EmailAddress { Email = addr };
    }

    public bool Equals(EmailAddress? other) => other is not null && Email == other.Email;

    public override int GetHashCode() => Email?.GetHashCode(StringComparison.Ordinal) ?? 0;

    public override string ToString() => DisplayName is null ? Email : $"{DisplayName} <{Email}>";
}

[JsonConverter(typeof(EmailAddressListConverter))]
public class EmailAddressList : List<EmailAddress>
{
    public EmailAddressList()
    {
    }

    public static implicit operator EmailAddressList(string email) => From(email);

    public static implicit operator EmailAddressList(EmailAddress email) => [email];

    public static implicit operator EmailAddressList(string[] emails) => From(emails);

    public static EmailAddressList From(IEnumerable<string> emails)
    {
        var list = new EmailAddressList();
        list.AddRange(emails.Select(EmailAddress.Parse));
        return list;
    }

    public static EmailAddressList From(params string[] emails) => From((IEnumerable<string>)emails);
}

[JsonConverter(typeof(ByteArrayOrStringConverter))]
public readonly struct ByteArrayOrString
{
    public ByteArrayOrString(byte[] value)
    {
        ByteArray = value;
    }

    public ByteArrayOrString(string value)
    {
        String = value;
    }

    public bool IsByteArray => ByteArray is not null;

    public bool IsString => String is not null;

    public byte[]? ByteArray { get; }

    public string? String { get; }

    public static implicit operator ByteArrayOrString(byte[] value) => new(value);

    public static implicit operator ByteArrayOrString(string value) => new(value);
}
