using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Paging;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations;

/// <summary>
/// Cursors of a search for orchestrations: Durable's own continuation token, signed together with the question, so that what reaches
/// Durable as a header is what Durable gave, for the same question.
/// </summary>
public sealed class SearchCursors(IOptions<PagingOptions> options)
{
    private const int TagLength = 16;
    private const int MaxLength = 4000;
    private readonly byte[] key = Convert.FromBase64String(options.Value.CursorKey);

    public string? Write(string? continuation, OrchestrationSearch search)
    {
        if (continuation is null)
        {
            return null;
        }

        var body = Encoding.UTF8.GetBytes(continuation);
        return Base64Url.EncodeToString([.. Tag(body, search), .. body]);
    }

    /// <summary>Durable's token, or null when the cursor is not one of ours for this question.</summary>
    public string? Read(string cursor, OrchestrationSearch search)
    {
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        return bytes.Length > TagLength
            && CryptographicOperations.FixedTimeEquals(Tag(bytes[TagLength..], search), bytes.AsSpan(0, TagLength))
            ? Encoding.UTF8.GetString(bytes, TagLength, bytes.Length - TagLength)
            : null;
    }

    private byte[] Tag(byte[] body, OrchestrationSearch search)
    {
        var question = string.Join(
            '\n', "orchestrations", string.Join(',', search.Statuses), search.Name, $"{search.CreatedFrom:O}", $"{search.CreatedTo:O}",
            $"{search.UploadJobId}");
        return HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes(question), 0, .. body])[..TagLength];
    }
}
