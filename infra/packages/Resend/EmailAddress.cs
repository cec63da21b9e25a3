using System.Text.Json.Serialization;

namespace Resend;

/// <summary>
/// Written as <c>Name &lt;address&gt;</c> with no quoting or escaping of the name: what a caller puts into it goes out as it is.
/// </summary>
[JsonConverter(typeof(EmailAddressConverter))]
public class EmailAddress
{
    public EmailAddress()
    {
    }

    public string Email { get; set; } = default!;

    public string? DisplayName { get; set; }

    public override string ToString() => DisplayName is null ? Email : $"{DisplayName} <{Email}>";
}

public class EmailAddressList : List<EmailAddress>
{
    public EmailAddressList()
    {
    }

    public static implicit operator EmailAddressList(EmailAddress email) => [email];
}
