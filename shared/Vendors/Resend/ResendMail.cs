using System.Buffers;
using System.Net;
using global::Resend;
using Portal.Foundation.Outages;

namespace Portal.Vendors.Resend;

/// <summary>One e-mail to one person.</summary>
/// <param name="Key">Our row's id: Resend sends once for each key in 24 hours, however often we try.</param>
/// <param name="FromName">Free text, such as a tenant's name; it is quoted where the header needs that, and holds no address.</param>
public sealed record Mail(
    Guid Key, string From, string FromName, string To, string Subject, string Html, string Text,
    IReadOnlyDictionary<string, string> Headers);

/// <summary>
/// Sends mail, never inside a transaction. An adapter over Resend's SDK 0.11, written for its ways: an error's status is what the
/// <em>body</em> says (0 when it says none), bad JSON is an error even when the mail was accepted, a Retry-After that is a date escapes as
/// a bare FormatException, a timeout looks like a cancellation, and its own idea of what is transient leaves out every 5xx. Where it
/// cannot be known whether the mail went out, the answer is <see cref="VendorFailure.Unknown"/>: trying again with the same key is safe.
/// </summary>
/// <remarks>Scoped, because the client is. Reasons name Resend's error type, never its message: that may quote an address.</remarks>
public sealed class ResendMail(IResend resend, VendorCircuits circuits)
{
    /// <summary>RFC 5322, 3.2.3: what an atom must not hold.</summary>
    private static readonly SearchValues<char> Specials = SearchValues.Create("()<>[]:;@\\,.\"");

    private static readonly TimeSpan QuotaWait = TimeSpan.FromHours(1);

    /// <summary>Resend's id of the mail, or why there is none.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public Task<VendorResult<Guid>> SendAsync(Mail mail, CancellationToken ct) =>
        circuits.CallAsync(VendorCircuit.Resend, () => AskAsync(mail, ct), ct);

    private async Task<VendorResult<Guid>> AskAsync(Mail mail, CancellationToken ct)
    {
        try
        {
            var sent = await resend.EmailSendAsync(mail.Key.ToString(), Message(mail), ct);
            return sent.Exception is { } fault ? Judge(fault) : sent.Content;
        }
        catch (ResendException e)
        {
            return Judge(e);
        }
        catch (FormatException)
        {
            return new VendorFailure.Unknown("Resend answered with a header that the SDK cannot read");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new VendorFailure.Unknown("Resend did not answer in time");
        }
    }

    private static VendorFailure Judge(ResendException e) => e.ErrorType switch
    {
        ErrorType.RateLimitExceeded =>
            new VendorFailure.RateLimited(TimeSpan.FromSeconds(Math.Max(1, e.Limits?.RetryAfter ?? e.Limits?.Reset ?? 1))),
        ErrorType.DailyQuotaExceeded or ErrorType.MonthlyQuotaExceeded => new VendorFailure.RateLimited(QuotaWait),
        // No JSON, so the status is the real one: a proxy of theirs answered. Of a mail that was accepted the SDK says 422.
        ErrorType.Deserialization when e.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new VendorFailure.Refused((int)e.StatusCode, e.ErrorType.ToString()),
        ErrorType.Deserialization when e.StatusCode is >= HttpStatusCode.InternalServerError =>
            new VendorFailure.Unknown($"Resend answered {(int)e.StatusCode}"),
        ErrorType.HttpSendFailed or ErrorType.Deserialization or ErrorType.MissingResponse or ErrorType.ConcurrentIdempotentRequests =>
            new VendorFailure.Unknown($"Resend: {e.ErrorType}"),
        _ when e.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError =>
            new VendorFailure.Refused((int)e.StatusCode, e.ErrorType.ToString()),
        _ => new VendorFailure.Unknown($"Resend answered {(int?)e.StatusCode} {e.ErrorType}"),
    };

    private static EmailMessage Message(Mail mail) => new()
    {
        From = new EmailAddress { Email = mail.From, DisplayName = DisplayName(mail.FromName) },
        To = new EmailAddress { Email = mail.To },
        Subject = Line(mail.Subject),
        HtmlBody = mail.Html,
        TextBody = mail.Text,
        Headers = new(mail.Headers),
    };

    /// <summary>
    /// The SDK neither quotes nor escapes, so that a comma would make two senders of "Smith, Jones &amp; Co": quoted as RFC 5322 (3.2.4)
    /// has it, unless it is words alone. A name that is an address would pass for the sender's: its sign is written out, and angle
    /// brackets go, for not everybody who reads a header heeds the quotes.
    /// </summary>
    private static string DisplayName(string name)
    {
        var line = Line(string.Concat(name.Where(c => c is not ('<' or '>')))).Replace("@", " at ", StringComparison.Ordinal);
        return line.AsSpan().IndexOfAny(Specials) < 0
            ? line
            : $"\"{line.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>On one line: a line break would forge another header.</summary>
    private static string Line(string text) => string.Concat(text.Where(c => !char.IsControl(c))).Trim();
}
